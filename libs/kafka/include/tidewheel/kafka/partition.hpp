#pragma once
#include <cstdint>
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

}  // namespace tidewheel::kafka
