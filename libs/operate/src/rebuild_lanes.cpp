#include "tidewheel/operate/rebuild_lanes.hpp"

#include <algorithm>

#include "tidewheel/catalogue/progress.hpp"

namespace tidewheel::operate {

using postgres::Connection;

RebuildLanes::RebuildLanes(const engine::LaneLimits& limits, const Servers& servers,
                           executor::SessionPool& pool, executor::StreamPlan plan,
                           const Shadow& shadow, ProgressSink& progress)
    : limits_(limits),
      servers_(servers),
      pool_(pool),
      plan_(std::move(plan)),
      shadow_(shadow),
      progress_(progress) {}

void RebuildLanes::read_to(Connection& connection, kafka::Admin& admin, const Offsets& ends) {
    open(connection, admin, ends);
    extend(ends);
}

// For partitions that have none yet.
void RebuildLanes::open(Connection& connection, kafka::Admin& admin, const Offsets& ends) {
    std::vector<catalogue::LaneClaim> claims;
    for (const auto& [partition, next] : ends)
        if (!lanes_.contains(partition))
            claims.push_back({plan_.stream.stream.topic, partition, {shadow_.id}});
    for (catalogue::LaneClaim* lane : catalogue::unbegun(connection, claims))
        lane->first = admin.watermarks(lane->topic, lane->partition).first;
    if (claims.empty()) return;
    catalogue::claim(connection, {"rebuild"}, claims, catalogue::catalogue_version(connection));
    for (const catalogue::LaneClaim& claim : claims) {
        auto lane = std::make_unique<RebuildLane>(limits_, servers_, pool_, plan_, claim);
        lane->extend(claim.start);
        lanes_[claim.partition] = std::move(lane);
    }
}

bool RebuildLanes::extend(const Offsets& ends) {
    const bool have_lanes = std::all_of(
        ends.begin(), ends.end(), [this](const auto& each) { return lanes_.contains(each.first); });
    if (have_lanes)
        for (const auto& [partition, end] : ends)
            lanes_.at(partition)->extend(end);
    return have_lanes;
}

// Once, when it is new: it is retried for as long as it takes.
void RebuildLanes::note_retries(const RebuildLane& lane) {
    const std::string failure = lane.failure();
    if (failure.empty() || failure == noted_) return;
    noted_ = failure;
    progress_.note("waiting: " + failure);
}

bool RebuildLanes::have_arrived() {
    return std::all_of(lanes_.begin(), lanes_.end(), [this](const auto& lane) {
        lane.second->check();
        note_retries(*lane.second);
        return lane.second->has_arrived();
    });
}

std::int64_t RebuildLanes::done() const {
    std::int64_t done = 0;
    for (const auto& [partition, lane] : lanes_)
        done += lane->next_offset();
    return done;
}

}  // namespace tidewheel::operate
