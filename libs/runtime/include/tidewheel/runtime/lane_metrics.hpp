#pragma once
#include <string>
#include <unordered_map>

#include "tidewheel/engine/lane.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// The metrics of one lane: handles looked up when the lane starts.
class LaneMetrics {
  public:
    // `names` maps statement ids to names.
    LaneMetrics(telemetry::Metrics& metrics, const std::string& topic, int partition,
                const std::unordered_map<int, std::string>& names);

    void committed(const engine::LaneObserver::BatchDone& done);
    void retried() { retries_.add(); }

  private:
    telemetry::Metrics& metrics_;
    std::string topic_, partition_;
    telemetry::Counter consumed_, accepted_, batches_, retries_;
    telemetry::Histogram batch_records_, batch_seconds_, commit_seconds_;
    std::unordered_map<int, telemetry::Counter> rows_;
};

}  // namespace tidewheel::runtime
