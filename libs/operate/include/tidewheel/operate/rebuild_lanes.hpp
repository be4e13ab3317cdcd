#pragma once
#include <map>
#include <memory>
#include <string>

#include "tidewheel/core/progress_sink.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/operate/rebuild_lane.hpp"
#include "tidewheel/operate/servers.hpp"
#include "tidewheel/operate/shadow_view.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::operate {

// The lanes that fill one shadow, a partition each.
class RebuildLanes {
  public:
    // All references must outlive it.
    RebuildLanes(const engine::LaneLimits& limits, const Servers& servers,
                 executor::SessionPool& pool, executor::StreamPlan plan, const Shadow& shadow,
                 ProgressSink& progress);

    // Has every partition of `ends` read up to there: opens lanes for those that have none yet.
    void read_to(postgres::Connection& connection, kafka::Admin& admin, const Offsets& ends);
    // The same, of those that have a lane. False, and nothing has happened: one has none.
    bool extend(const Offsets& ends);
    // Throws what has ended a lane. Reports what a lane waits for, once.
    bool have_arrived();
    std::int64_t done() const;  // the sum of their offsets

  private:
    void open(postgres::Connection& connection, kafka::Admin& admin, const Offsets& ends);
    void note_retries(const RebuildLane& lane);

    const engine::LaneLimits& limits_;
    const Servers& servers_;
    executor::SessionPool& pool_;
    const executor::StreamPlan plan_;
    const Shadow& shadow_;
    ProgressSink& progress_;
    std::string noted_;                                  // the last of what a lane waited for
    std::map<int, std::unique_ptr<RebuildLane>> lanes_;  // by partition
};

}  // namespace tidewheel::operate
