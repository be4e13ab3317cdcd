#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/engine/source_group.hpp"
#include "tidewheel/runtime/lane_claimer.hpp"
#include "tidewheel/runtime/running_lane.hpp"

namespace tidewheel::runtime {

// How many records the first batch of a partition may have, where an earlier one was abandoned.
using FirstRows = std::map<engine::TopicPartition, std::size_t>;

// Gives every assigned partition its lane: claims it in PostgreSQL, starts it where PostgreSQL
// says, stops it when it goes. One thread: the one that serves the group.
//
// A lane whose plan is the same under a newer catalogue keeps running, with its former claim. That
// is sound because a claim isn't a permission to run what the catalogue says, but one epoch in each
// statement's progress: a transaction that changes what a statement does raises the version and
// then replaces those epochs (catalogue::fence). So a lane that keeps running has unchanged
// statements, or it can no longer commit, whether we know of the change or not; and a new claim is
// made only by the version that its plan is of (docs/adr/0009-only-what-changed.md).
class AssignedLanes final : public engine::AssignmentListener {
  public:
    // What it works with; all of it outlives the lanes.
    struct Parts {
        engine::SourceGroup& group;
        LaneStarter& starter;
        ConnectClaims connect;
        FirstRows& first_rows;
        const Clock& clock = Clock::system();
    };
    explicit AssignedLanes(Parts parts);
    ~AssignedLanes() override;

    // Takes up a newer version: joins the group for its topics where those have changed, and
    // otherwise reopens only the lanes whose plan differs, or that have ended. Throws Error when
    // PostgreSQL or the group fails.
    void take_up(LanePlans plans);
    // Claims the partitions again whose lanes have ended and can continue with a new claim and a
    // new source; one that ends repeatedly has to wait. (One in which data is missing for all
    // statements stays stopped.) claims: to ask who has a lane that was fenced.
    void reopen_ended(LaneClaims& claims);

    std::vector<engine::StartOffset> on_assigned(
        const std::vector<engine::TopicPartition>& partitions) override;
    void on_started(const std::vector<engine::TopicPartition>& partitions) override;
    void on_revoked(const std::vector<engine::TopicPartition>& partitions, bool lost) override;

    std::int64_t version() const { return plans().version; }
    bool runs(const std::string& topic) const { return plans().of(topic) != nullptr; }
    // Every lane, with its status; one that couldn't be claimed, or in which no statement can
    // continue, has ended.
    LaneStatuses lanes() const;
    // Which statements the catalogue keeps out of these partitions, because data is missing.
    const std::vector<catalogue::MissingPlace>& missing() const { return claimer_.missing(); }
    std::vector<engine::StartOffset> offsets() const;  // what is committed, for lag tools
    // An assignment, if an empty one, has been taken over; or there is nothing to be assigned.
    bool settled() const { return settled_ || plans().topics.empty(); }
    void request_stop();  // of every lane; waits for none
    void stop();

  private:
    struct Place {
        std::shared_ptr<const executor::StreamPlan> plan;
        catalogue::LaneClaim claim;
        std::unique_ptr<RunningLane> lane;  // none before on_started
    };
    const LanePlans& plans() const { return claimer_.plans(); }
    bool goes_on(const engine::TopicPartition& where) const;
    void note_fenced(LaneClaims& claims);
    std::vector<engine::StartOffset> open(const std::vector<engine::TopicPartition>& partitions);
    void reopen(const std::vector<engine::TopicPartition>& partitions);
    bool may_reopen(const engine::TopicPartition& where, const LaneStatus& lane,
                    LaneClaims& claims);
    void close(const std::vector<engine::TopicPartition>& partitions, bool publish);
    std::vector<engine::StartOffset> stop(std::vector<Place> places);

    Parts parts_;
    LaneClaimer claimer_;
    std::set<engine::TopicPartition> given_;  // by the group
    std::map<engine::TopicPartition, Place> places_;
    std::set<engine::TopicPartition> fenced_;          // by what has changed the catalogue
    std::map<engine::TopicPartition, Retry> retries_;  // of lanes that had ended
    bool settled_ = false;
};

}  // namespace tidewheel::runtime
