#include "sink_metrics.hpp"

namespace tidewheel::capture {

using telemetry::Metric;

SinkMetrics::SinkMetrics(telemetry::Metrics& metrics, const std::string& sink)
    : files(metrics.counter(Metric::capture_files, {{"sink", sink}})),
      bytes(metrics.counter(Metric::capture_bytes, {{"sink", sink}})),
      roll_seconds(metrics.gauge(Metric::capture_roll_seconds, {{"sink", sink}})),
      open_files_(metrics.gauge(Metric::capture_open_files, {{"sink", sink}})) {}

void SinkMetrics::add_open(int more) {
    const std::lock_guard lock(mutex_);
    open_ += more;
    open_files_.set(open_);
}

}  // namespace tidewheel::capture
