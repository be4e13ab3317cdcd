#include "tidewheel/cache/service.hpp"
#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-cache",
         .purpose = "Writes the rows of every sink of SERVER redis to Redis, as keys.",
         .programs = Programs::cache});
    if (!settings) return settings.failure();
    return service::run_service_main("cache", *settings, cache::run_service);
}
