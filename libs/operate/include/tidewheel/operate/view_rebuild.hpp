#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tidewheel/core/progress_sink.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/operate/old_state_cleanup.hpp"
#include "tidewheel/operate/rebuild_lanes.hpp"
#include "tidewheel/operate/servers.hpp"
#include "tidewheel/operate/shadow_view.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::operate {

struct RebuildRequest {
    std::string view;
    bool allow_truncated_topic = false;  // even if the topic has lost records
};

// How a rebuild works: settings that services have as well.
struct RebuildLimits {
    std::size_t sessions;  // of PostgreSQL, at most
    engine::LaneLimits lane;
};

// One rebuild, from the lock to the swap: a view is computed from its topic, beside the old state,
// and both are swapped in one transaction at the same offsets. Readers and services continue.
// Killed at any time: the old state is in use, or the new one; the next rebuild continues.
class ViewRebuild {
  public:
    // `changed`: the definition that the view is to have with the swap; none: the one that it has.
    // `servers` and `progress` must outlive it.
    ViewRebuild(const Servers& servers, const RebuildRequest& request, const RebuildLimits& limits,
                ProgressSink& progress, std::stop_token stop,
                std::optional<apply::ViewDefinition> changed = {});

    // Throws Error: unavailable when it was stopped, or can't be done now; the next one continues.
    void run();
    std::int64_t records() const { return records_; }  // that the new state is made of
    // State tables that could not be dropped, and why, for people. The next rebuild tries again.
    const std::vector<std::string>& left_over() const { return left_over_.notes(); }

  private:
    void lock();
    void load();
    Offsets goals();
    std::optional<Shadow> take_up(const Offsets& goals);
    std::optional<Shadow> try_take_up(const Offsets& goals, const Offsets& beginnings);
    executor::StreamPlan plan();
    void catch_up();
    void swap_in_time();
    bool try_swap();
    Error changed_meanwhile() const;
    void require_unchanged(postgres::Transaction& transaction);
    void require_all_records(postgres::Transaction& transaction);
    void drop_old_state();
    Error locked(const postgres::DatabaseError& error);

    const Servers& servers_;
    ProgressSink& progress_;
    RebuildLimits limits_;
    RebuildRequest request_;
    std::stop_token stop_;
    kafka::Admin admin_;
    std::unique_ptr<postgres::Connection> control_;  // holds the lock, and makes the swap
    std::unique_ptr<postgres::Connection> side_;     // what has to last, whatever the swap does
    std::int64_t version_ = 0;                       // of the catalogue that was read
    std::string basis_;                              // what the new state is computed from
    std::optional<catalogue::StoredStream> stream_;
    catalogue::StoredStatement view_;  // as it is
    std::optional<apply::ViewDefinition> changed_;
    apply::ViewDefinition next_;  // as it will be
    Shadow shadow_;
    executor::SessionPool pool_;  // the lanes'
    std::optional<RebuildLanes> lanes_;
    std::int64_t records_ = 0;
    LeftOver left_over_;
};

}  // namespace tidewheel::operate
