#pragma once
#include <optional>
#include <string>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/engine/memory_budget.hpp"
#include "tidewheel/executor/session_pool.hpp"
#include "tidewheel/registry/registries.hpp"
#include "tidewheel/runtime/running_lane.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// Starts lanes as threads of this process, and owns what they share: the sessions to PostgreSQL,
// the memory for batches, and the schemas of registries. It outlives them.
class LaneThreadStarter final : public LaneStarter {
  public:
    LaneThreadStarter(const Settings& settings, std::string program, telemetry::Metrics& metrics);

    std::unique_ptr<RunningLane> start(const executor::StreamPlan& plan,
                                       const catalogue::LaneClaim& claim,
                                       std::unique_ptr<engine::RecordSource> source,
                                       std::size_t first_rows) override;
    // Of sessions, since PostgreSQL has no more connections.
    std::optional<executor::SessionPool::Shortage> shortage() const { return pool_.shortage(); }

  private:
    const Settings& settings_;
    std::string program_;
    telemetry::Metrics& metrics_;
    executor::SessionPool pool_;
    engine::MemoryBudget memory_;  // of batches; the other half of all is for the fetched records
    registry::Registries registries_;
};

}  // namespace tidewheel::runtime
