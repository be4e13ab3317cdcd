#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/service/run_main.hpp"
#include "tidewheel/source/service.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-source",
         .purpose = "Fetches records for every stream of the catalogue that has a source, from a "
                    "websocket or by polling, and writes them to its topic.",
         .programs = Programs::source});
    if (!settings) return settings.failure();
    return service::run_service_main("source", *settings, source::run_service);
}
