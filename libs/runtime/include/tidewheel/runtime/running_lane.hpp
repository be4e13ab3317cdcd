#pragma once
#include <cstddef>
#include <memory>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/engine/record.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/runtime/lane_status.hpp"

namespace tidewheel::runtime {

// One lane at work. Its methods are called by the service's own thread; none but join() waits.
class RunningLane {
  public:
    virtual ~RunningLane() = default;
    virtual LaneStatus status() const = 0;
    virtual void request_stop() = 0;
    // Waits for the lane to end; from the deadline on PostgreSQL is told to cancel what it is doing
    // for it. Its source and its records are gone when this returns.
    virtual void join(Clock::Monotonic deadline) = 0;
    // After that: how many records the first batch of the partition's next lane should have at
    // most; 0: as many as others.
    virtual std::size_t next_rows() const = 0;
};

class LaneStarter {
  public:
    virtual ~LaneStarter() = default;
    // `plan` outlives the lane. first_rows: of its first batch, at most; 0: as many as others.
    virtual std::unique_ptr<RunningLane> start(const executor::StreamPlan& plan,
                                               const catalogue::LaneClaim& claim,
                                               std::unique_ptr<engine::RecordSource> source,
                                               std::size_t first_rows) = 0;
};

}  // namespace tidewheel::runtime
