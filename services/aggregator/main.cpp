#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/runtime/service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-aggregator",
         .purpose =
             "Keeps every materialized view of the catalogue up to date, by deltas, exactly once.",
         .programs = Programs::aggregator});
    if (!settings) return settings.failure();
    return service::run_service_main(
        "aggregator", *settings,
        [](const Settings& own, service::Vitals& vitals, std::stop_token stop) {
            runtime::run_service(own, runtime::aggregator, vitals, std::move(stop));
        });
}
