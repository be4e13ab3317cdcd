#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/notifier/service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-notifier",
         .purpose =
             "Delivers the rows of every sink of SERVER webhook to its subscribers, by HTTP.",
         .programs = Programs::notifier});
    if (!settings) return settings.failure();
    return service::run_service_main("notifier", *settings, notifier::run_service);
}
