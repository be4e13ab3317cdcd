#pragma once
#include <string>

#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::producer {

// The deliveries of a service, over all its runs, for /metrics. Thread-safe.
class DeliveryCounters {
  public:
    DeliveryCounters(telemetry::Metrics& metrics, const std::string& topic);

    // Counts what a run has got done since `seen`, and moves `seen` to `now`.
    void advance(kafka::Deliveries& seen, const kafka::Deliveries& now);

  private:
    telemetry::Counter sent_, delivered_, failed_;
};

}  // namespace tidewheel::producer
