#pragma once
#include <array>
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
                const std::string& stream, const std::unordered_map<int, std::string>& names);

    // decoding: how long the batch's records took to decode.
    void committed(const engine::LaneObserver::BatchDone& done,
                   engine::StageTimes::Duration decoding);
    void retried() { retries_.add(); }

  private:
    void observe_stages(engine::StageTimes times, engine::StageTimes::Duration decoding);
    void observe_latency(const engine::CommitRequest& request);

    telemetry::Metrics& metrics_;
    std::string topic_, partition_, stream_;
    telemetry::Counter consumed_, accepted_, batches_, retries_;
    telemetry::Histogram batch_records_, batch_seconds_, commit_seconds_;
    std::array<telemetry::Histogram, engine::batch_stages.size()> stage_seconds_;
    std::unordered_map<int, telemetry::Counter> rows_;               // by statement
    std::unordered_map<int, telemetry::Histogram> latency_seconds_;  // by statement
};

}  // namespace tidewheel::runtime
