#include "tidewheel/source/service.hpp"

#include "keeper.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;
using telemetry::Level;

constexpr auto look_every = 500ms;

// Throws Error (setting) for options that we don't take.
kafka::ClientSettings kafka_settings(const Settings& settings) {
    kafka::ClientSettings kafka{
        .brokers = settings.kafka,
        .options = settings.kafka_options,
        .client_id = "tidewheel-source",
        .log = [](int level, const std::string& facility, const std::string& text) {
            telemetry::log(level <= 4 ? Level::warning : Level::debug, "kafka",
                           {{"facility", facility}, {"text", text}});
        }};
    kafka::check(kafka);
    return kafka;
}

}  // namespace

void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop) {
    const kafka::ClientSettings kafka = kafka_settings(settings);
    vitals.health().set_degraded("catalogue", "not read yet");
    {
        Keeper keeper(settings, kafka, vitals.metrics(), vitals.health());
        do {
            keeper.look();
            vitals.beat();
        } while (wait_for(stop, look_every));
        vitals.health().set_degraded("service", "stopping");
        telemetry::log(Level::info, "stopping");
    }
    telemetry::log(Level::info, "stopped");
}

}  // namespace tidewheel::source
