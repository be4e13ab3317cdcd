#include "tidewheel/engine/recent_latency.hpp"

#include <algorithm>
#include <bit>

namespace tidewheel::engine {
namespace {

// A latency's octave and the three bits behind its first one.
std::size_t bucket_of(std::uint64_t milliseconds) {
    const int octave = std::max(0, static_cast<int>(std::bit_width(milliseconds)) - 4);
    return 8 * static_cast<std::size_t>(octave) + (milliseconds >> octave);
}

std::int64_t middle_of(std::size_t bucket) {
    const std::size_t octave = bucket < 16 ? 0 : bucket / 8 - 1;
    const std::uint64_t low = (bucket - 8 * octave) << octave, width = std::uint64_t{1} << octave;
    return static_cast<std::int64_t>(low + (width - 1) / 2);
}

}  // namespace

void LatencyCounts::add(std::int64_t milliseconds) {
    constexpr std::int64_t most = (std::int64_t{1} << (octaves + 4)) - 1;
    ++counts_.at(
        bucket_of(static_cast<std::uint64_t>(std::clamp<std::int64_t>(milliseconds, 0, most))));
    ++total_;
}

void LatencyCounts::add(const LatencyCounts& others) {
    for (std::size_t i = 0; i < counts_.size(); ++i)
        counts_.at(i) += others.counts_.at(i);
    total_ += others.total_;
}

std::optional<Latency> LatencyCounts::latency() const {
    if (total_ == 0) return std::nullopt;
    return Latency{quantile(50), quantile(99)};
}

std::int64_t LatencyCounts::quantile(std::uint64_t per_cent) const {
    const std::uint64_t wanted = (total_ * per_cent + 99) / 100;
    std::size_t bucket = 0;
    for (std::uint64_t seen = counts_.at(0); seen < wanted; seen += counts_.at(bucket))
        ++bucket;
    return middle_of(bucket);
}

void RecentLatency::Windows::turn(Clock::Monotonic now) {
    if (now - began < window) return;
    older = now - began < 2 * window ? newer : LatencyCounts{};
    newer = {};
    began = now;
}

void RecentLatency::committed(const std::vector<int>& statements, std::span<const Record> records,
                              const Clock& clock) {
    if (records.empty()) return;
    const auto wall = std::chrono::floor<std::chrono::milliseconds>(clock.wall());
    LatencyCounts counts;
    for (const Record& record : records)
        if (record.timestamp >= 0) counts.add(wall.time_since_epoch().count() - record.timestamp);
    const auto now = clock.now();
    for (const int statement : statements) {
        Windows& windows = statements_.try_emplace(statement, Windows{now, {}, {}}).first->second;
        windows.turn(now);
        windows.newer.add(counts);
    }
}

std::optional<Latency> RecentLatency::of(int statement, Clock::Monotonic now) const {
    const auto found = statements_.find(statement);
    if (found == statements_.end()) return std::nullopt;
    Windows windows = found->second;
    windows.turn(now);
    windows.newer.add(windows.older);
    return windows.newer.latency();
}

}  // namespace tidewheel::engine
