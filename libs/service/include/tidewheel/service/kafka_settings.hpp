#pragma once
#include <string>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::service {

// How a service reaches Kafka; librdkafka's own log goes into ours. client_id: its name in the
// brokers' logs, tidewheel-ingress. Throws Error (setting) for options that we don't take.
kafka::ClientSettings kafka_settings(const Settings& settings, const std::string& client_id);

}  // namespace tidewheel::service
