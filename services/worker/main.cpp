#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/runtime/service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-worker",
         .purpose = "Runs every continuous INSERT … SELECT of the catalogue: rows, exactly once.",
         .programs = Programs::worker});
    if (!settings) return settings.failure();
    return service::run_service_main(
        "worker", *settings,
        [](const Settings& own, service::Vitals& vitals, std::stop_token stop) {
            runtime::run_service(own, runtime::worker, vitals, std::move(stop));
        });
}
