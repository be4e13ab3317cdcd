#include "tidewheel/service/kafka_settings.hpp"

#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::service {

kafka::ClientSettings kafka_settings(const Settings& settings, const std::string& client_id) {
    using telemetry::Level;
    kafka::ClientSettings kafka{
        .brokers = settings.kafka,
        .options = settings.kafka_options,
        .client_id = client_id,
        .log = [](int level, const std::string& facility, const std::string& text) {
            telemetry::log(level <= 4 ? Level::warning : Level::debug, "kafka",
                           {{"facility", facility}, {"text", text}});
        }};
    kafka::check(kafka);
    return kafka;
}

}  // namespace tidewheel::service
