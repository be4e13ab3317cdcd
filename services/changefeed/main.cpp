#include "tidewheel/changefeed/service.hpp"
#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-changefeed",
         .purpose = "Writes what changes in a table of the database to a topic, for every stream "
                    "of the catalogue with the option changes_of.",
         .programs = Programs::changefeed});
    if (!settings) return settings.failure();
    return service::run_service_main("changefeed", *settings, changefeed::run_service);
}
