#pragma once
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "producer/order_run.hpp"
#include "producer/plan.hpp"
#include "producer/run.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::producer {

kafka::ClientSettings kafka_client(const Settings& settings);

// nullopt: no such topic. Throws Error like kafka::Admin.
std::optional<int> find_partitions(const kafka::ClientSettings& client, const std::string& topic);

// Runs a plan against a topic, with a producer of its own. Throws Error: refused (no such topic),
// unavailable (no broker).
Report produce_to_kafka(const kafka::ClientSettings& client, const std::string& topic,
                        const Plan& plan, std::stop_token stop, const Observer& observe = {});
// Likewise, with the topics of `region_topics`.
OrderReport produce_orders_to_kafka(
    const kafka::ClientSettings& client, std::vector<RegionTopic> topics, const Plan& plan,
    std::stop_token stop, const std::function<void(const kafka::Deliveries&)>& observe = {});

}  // namespace tidewheel::producer
