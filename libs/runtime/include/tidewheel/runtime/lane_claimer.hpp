#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/engine/source_group.hpp"
#include "tidewheel/runtime/lane_claims.hpp"
#include "tidewheel/runtime/lane_plans.hpp"
#include "tidewheel/runtime/lane_status.hpp"

namespace tidewheel::runtime {

inline engine::TopicPartition place_of(const catalogue::LaneClaim& lane) {
    return {lane.topic, lane.partition};
}

// Which statements run in a partition, and under which claim. One thread.
class LaneClaimer {
  public:
    explicit LaneClaimer(engine::SourceGroup& group) : group_(group) {}

    void plan(LanePlans plans) { plans_ = std::move(plans); }
    const LanePlans& plans() const { return plans_; }

    // What is to be run in a partition; none: the routing keeps it from all of the stream's
    // statements, or they are paused or quarantined, or lack data there, and it isn't fetched.
    std::vector<int> statements_of(const engine::TopicPartition& where) const;
    // Reads which statements lack data in the partitions that the group has given.
    void read_missing(LaneClaims& claims, const std::set<engine::TopicPartition>& given);
    const std::vector<catalogue::MissingPlace>& missing() const { return missing_; }

    // Claims these partitions, but for those that can't be claimed now: they are in unclaimed().
    // Throws Error when PostgreSQL fails.
    std::vector<catalogue::LaneClaim> claim(LaneClaims& claims,
                                            const std::vector<engine::TopicPartition>& partitions);
    // With the reason, as a lane that has ended.
    const std::map<engine::TopicPartition, LaneStatus>& unclaimed() const { return unclaimed_; }
    void forget(const engine::TopicPartition& where) { unclaimed_.erase(where); }

  private:
    void show_missing(const std::vector<engine::TopicPartition>& partitions);
    std::vector<catalogue::LaneClaim> claims_of(
        const std::vector<engine::TopicPartition>& partitions) const;
    void look_at_logs(LaneClaims& claims, std::vector<catalogue::LaneClaim>& lanes);

    engine::SourceGroup& group_;
    LanePlans plans_;
    std::vector<catalogue::MissingPlace> missing_;  // of the assigned partitions
    std::map<engine::TopicPartition, LaneStatus> unclaimed_;
};

}  // namespace tidewheel::runtime
