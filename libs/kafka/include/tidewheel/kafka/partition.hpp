#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "tidewheel/kafka/consumer.hpp"

// One partition, outside any group.
namespace tidewheel::kafka {

// Reads it from `begin` on, with a client of its own. The records must be gone before their source.
std::unique_ptr<engine::RecordSource> open_partition(const ClientSettings& settings,
                                                     const TopicPartition& where,
                                                     std::int64_t begin);

// The offset of the first record whose time is not before `milliseconds` (since 1970); nullopt: all
// of them are older. Throws Error as Admin does.
std::optional<std::int64_t> offset_at(const ClientSettings& settings, const TopicPartition& where,
                                      std::int64_t milliseconds);

// The times (milliseconds since 1970) of the first records at or after these offsets, one for each
// partition. Those that don't come within `timeout`, and those without a time, are left out.
std::map<TopicPartition, std::int64_t> times_at(
    const ClientSettings& settings, const std::map<TopicPartition, std::int64_t>& offsets,
    std::chrono::milliseconds timeout);

// Reads one partition from `begin` up to `end` (exclusive), outside any group: for verify, tail and
// tests. Calls `each` with the records in order. Throws Error when the partition can't be read to
// the end within `timeout` of silence.
void read_partition(const ClientSettings& settings, const TopicPartition& where, std::int64_t begin,
                    std::int64_t end, std::chrono::milliseconds timeout,
                    const std::function<void(const engine::Record&)>& each);

}  // namespace tidewheel::kafka
