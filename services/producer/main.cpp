#include "producer/service_flags.hpp"
#include "tidewheel/flags/parse_service.hpp"
#include "tidewheel/service/run_main.hpp"

int main(int argc, char** argv) {
    using namespace tidewheel;
    producer::ServiceOptions options;
    const auto settings = flags::parse_service(
        argc, argv,
        {.name = "tidewheel-producer",
         .purpose = "Synthetic events into Kafka: on request, by HTTP (POST "
                    "/store-events-producer-fn?count=10), and steadily with --rate.",
         .programs = Programs::producer,
         .flags = producer::service_flags(options)});
    if (!settings) return settings.failure();
    return service::run_main("producer", *settings, [&](std::stop_token stop) {
        producer::Service(*settings, options).run(stop);
    });
}
