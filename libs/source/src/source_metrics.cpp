#include "source_metrics.hpp"

namespace tidewheel::source {

using telemetry::Metric;

SourceMetrics::SourceMetrics(telemetry::Metrics& metrics, std::string stream)
    : up(metrics.gauge(Metric::source_up, {{"stream", stream}})),
      records(metrics.counter(Metric::source_records, {{"stream", stream}})),
      bytes(metrics.counter(Metric::source_bytes, {{"stream", stream}})),
      lost(metrics.counter(Metric::source_lost, {{"stream", stream}})),
      connects(metrics.counter(Metric::source_connects, {{"stream", stream}})),
      gaps(metrics.counter(Metric::source_gaps, {{"stream", stream}})),
      gap_seconds(metrics.counter(Metric::source_gap_seconds, {{"stream", stream}})),
      metrics_(metrics),
      stream_(std::move(stream)) {}

SourceMetrics::~SourceMetrics() {
    metrics_.forget(Metric::source_up, {{"stream", stream_}});
}

void SourceMetrics::count_poll(const std::string& outcome) {
    metrics_.counter(Metric::source_polls, {{"stream", stream_}, {"outcome", outcome}}).add();
}

}  // namespace tidewheel::source
