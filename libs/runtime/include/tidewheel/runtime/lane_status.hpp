#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/topic_partition.hpp"

namespace tidewheel::runtime {

// Why a lane has ended.
struct LaneEnd {
    int failed_statement = 0;            // that ended it; 0: none did
    std::string reason = {}, hint = {};  // of that statement
    bool data_missing = false;           // which ended it: a user must decide where to continue
    bool fenced = false;                 // another owner has claimed the partition
    std::vector<int> left_behind = {};   // statements that it stopped, while others can continue
};

// A lane's status, as the service's own thread sees it.
struct LaneStatus {
    std::string stream;             // whose records it reads them as: "public.orders"
    int group_number = 1;           // the stream's (catalogue::StoredStream)
    std::int64_t next_offset = -1;  // committed up to here; -1: not opened yet
    std::int64_t partition_end = -1;
    // Of the newest committed record, and of the oldest one of the batch that is being committed
    // (0: none is), in milliseconds since 1970.
    std::int64_t record_time = 0, waiting_since = 0;
    Clock::Monotonic progress_at;  // the last commit, or the last time that there was nothing to do
    Clock::Monotonic seen_at;    // the last sign of life, or the end of the wait that it announced
    bool waits = false;          // for a session, which other lanes have
    std::int64_t position = -1;  // of the source, while there is a lag and nothing comes
    std::string failure;         // what is being retried; empty: nothing
    std::optional<LaneEnd> ended = {};  // then `failure` says why

    std::int64_t lag() const {
        return next_offset < 0 || partition_end < next_offset ? 0 : partition_end - next_offset;
    }
};

// Tells a lane from all others: each stream of a topic has its own in a partition.
struct LaneKey {
    engine::TopicPartition where;
    int group_number = 1;
    std::string stream = {};
    auto operator<=>(const LaneKey&) const = default;
};

inline LaneKey key_of(const engine::TopicPartition& where, const LaneStatus& lane) {
    return {where, lane.group_number, lane.stream};
}

// "orders/3"; of a stream that isn't the first of its topic "orders/3 of public.raw_orders".
inline std::string to_text(const LaneKey& lane) {
    return to_text(lane.where) + (lane.group_number == 1 ? "" : " of " + lane.stream);
}

// A line for /readyz.
inline std::string with_hint(const std::string& what, const std::string& hint) {
    return hint.empty() ? what : what + " (" + hint + ")";
}

// All lanes.
using LaneStatuses = std::vector<std::pair<engine::TopicPartition, LaneStatus>>;

}  // namespace tidewheel::runtime
