#pragma once
#include <string>

#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::changefeed {

// What /metrics says of one feed, looked up once.
class FeedMetrics {
  public:
    FeedMetrics(telemetry::Metrics& metrics, const std::string& stream)
        : metrics_(metrics),
          labels_{{"stream", stream}},
          records(metrics.counter(telemetry::Metric::changefeed_records, labels_)),
          seconds(metrics.histogram(telemetry::Metric::changefeed_seconds, labels_)),
          stopped(metrics.gauge(telemetry::Metric::changefeed_stopped, labels_)),
          broker_up(metrics.gauge(telemetry::Metric::broker_up)) {}
    // A service that isn't the owner has nothing to say of the slot.
    void set_behind(std::int64_t bytes) {
        metrics_.gauge(telemetry::Metric::changefeed_wal, labels_).set(static_cast<double>(bytes));
    }
    void forget_behind() { metrics_.forget(telemetry::Metric::changefeed_wal, labels_); }

  private:
    telemetry::Metrics& metrics_;
    const telemetry::Labels labels_;

  public:
    telemetry::Counter records;
    telemetry::Histogram seconds;
    telemetry::Gauge stopped, broker_up;
};

}  // namespace tidewheel::changefeed
