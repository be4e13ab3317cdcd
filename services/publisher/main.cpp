#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/publisher/service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-publisher",
         .purpose = "Sends the rows that statements write to streams, each once for readers of "
                    "committed records.",
         .programs = Programs::publisher});
    if (!settings) return settings.failure();
    return service::run_service_main("publisher", *settings, publisher::run_service);
}
