#include "tidewheel/capture/service.hpp"
#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-capture",
         .purpose = "Writes the rows of every sink of SERVER files to files, Avro or NDJSON.",
         .programs = Programs::capture});
    if (!settings) return settings.failure();
    return service::run_service_main("capture", *settings, capture::run_service);
}
