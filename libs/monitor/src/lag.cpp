#include "tidewheel/monitor/lag.hpp"

#include <algorithm>

namespace tidewheel::monitor {

bool PartitionLag::data_is_missing() const {
    return !missing.empty() || (next_offset && end_offset &&
                                (*next_offset < *first_offset || *next_offset > *end_offset));
}

std::string PartitionLag::missing_words() const {
    if (!missing.empty()) return missing;
    return "the next offset is " + std::to_string(*next_offset) +
           ", but the topic holds the offsets from " + std::to_string(*first_offset) + " up to " +
           std::to_string(*end_offset);
}

std::int64_t StatementLag::lag() const {
    std::int64_t sum = 0;
    for (const PartitionLag& partition : partitions)
        sum += partition.lag;
    return sum;
}

StatementWork StatementLag::work() const {
    StatementWork sum;
    for (const PartitionLag& partition : partitions) {
        sum.records += partition.records;
        sum.rows += partition.rows_written;
    }
    return sum;
}

bool StatementLag::topic_is_gone() const {
    return ends_known && (!topic_exists || std::any_of(partitions.begin(), partitions.end(),
                                                       [](const PartitionLag& partition) {
                                                           return !partition.end_offset;
                                                       }));
}

const PartitionLag* StatementLag::missing_data() const {
    const auto found =
        std::find_if(partitions.begin(), partitions.end(),
                     [](const PartitionLag& partition) { return partition.data_is_missing(); });
    return found == partitions.end() ? nullptr : &*found;
}

const PartitionLag* StatementLag::waiting() const {
    const auto found =
        std::find_if(partitions.begin(), partitions.end(),
                     [](const PartitionLag& partition) { return partition.waits_at.has_value(); });
    return found == partitions.end() ? nullptr : &*found;
}

bool StatementLag::waits_for_transaction() const {
    return lag() == 0 &&
           std::any_of(partitions.begin(), partitions.end(),
                       [](const PartitionLag& partition) { return partition.unreadable > 0; });
}

bool StatementLag::begun() const {
    return std::none_of(partitions.begin(), partitions.end(), [](const PartitionLag& partition) {
        return partition.lag > 0 && !partition.next_offset;
    });
}

// The stalest partition decides; one that has everything is as fresh as can be, however old its
// last record is.
std::optional<double> StatementLag::freshness() const {
    if (!ends_known || !begun()) return std::nullopt;
    double worst = 0;
    for (const PartitionLag& partition : partitions) {
        if (partition.lag == 0) continue;
        if (!partition.waiting_age) return std::nullopt;
        worst = std::max(worst, *partition.waiting_age);
    }
    return worst;
}

std::optional<Latency> StatementLag::latency() const {
    std::optional<Latency> largest;
    for (const PartitionLag& partition : partitions) {
        if (!partition.latency) continue;
        if (!largest) largest.emplace();
        largest->p50 = std::max(largest->p50, partition.latency->p50);
        largest->p99 = std::max(largest->p99, partition.latency->p99);
    }
    return largest;
}

}  // namespace tidewheel::monitor
