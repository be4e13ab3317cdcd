#pragma once
#include <compare>
#include <string>

namespace tidewheel::engine {

// One partition of a topic, as a key.
struct TopicPartition {
    std::string topic;
    int partition;
    auto operator<=>(const TopicPartition&) const = default;
};

// Its name in logs, metrics and /readyz: sales/3.
inline std::string to_text(const TopicPartition& where) {
    return where.topic + "/" + std::to_string(where.partition);
}

// In messages: topic sales, partition 3.
inline std::string in_words(const TopicPartition& where) {
    return "topic " + where.topic + ", partition " + std::to_string(where.partition);
}

}  // namespace tidewheel::engine
