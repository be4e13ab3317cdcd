#pragma once
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/runtime/lane_status.hpp"
#include "tidewheel/telemetry/health.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// Turns the lanes' status into gauges and readiness. One thread.
class LaneHealth {
  public:
    LaneHealth(telemetry::Metrics& metrics, telemetry::Health& health,
               std::chrono::milliseconds stall_after, const Clock& clock = Clock::system());

    // All present lanes; those of an earlier call that are missing have gone elsewhere and are
    // forgotten.
    void look(const LaneStatuses& lanes);

  private:
    void count(const LaneStatuses& lanes);
    void measure(const LaneKey& key, const LaneStatus& lane);
    void judge(const std::string& name, const LaneStatus& lane);
    void forget(const LaneKey& key);

    telemetry::Metrics& metrics_;
    telemetry::Health& health_;
    std::chrono::milliseconds stall_after_;
    const Clock& clock_;
    std::set<LaneKey> known_;
};

}  // namespace tidewheel::runtime
