#pragma once
#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/runtime/lane_runner.hpp"
#include "tidewheel/telemetry/health.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// Turns how the lanes are doing into gauges and readiness. One thread.
class LaneWatch {
  public:
    LaneWatch(telemetry::Metrics& metrics, telemetry::Health& health,
              std::chrono::milliseconds stall_after, const Clock& clock = Clock::system());

    using Lanes = std::vector<std::pair<kafka::TopicPartition, LaneStatus>>;
    // All lanes there are now; those of an earlier call that are missing have gone elsewhere and
    // are forgotten.
    void look(const Lanes& lanes);

  private:
    void count(const Lanes& lanes);
    void measure(const kafka::TopicPartition& where, const LaneStatus& lane);
    void judge(const kafka::TopicPartition& where, const LaneStatus& lane);
    void forget(const kafka::TopicPartition& where);

    telemetry::Metrics& metrics_;
    telemetry::Health& health_;
    std::chrono::milliseconds stall_after_;
    const Clock& clock_;
    std::set<kafka::TopicPartition> known_;
};

}  // namespace tidewheel::runtime
