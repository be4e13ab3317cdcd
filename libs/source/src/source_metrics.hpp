#pragma once
#include <string>

#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::source {

// What /metrics says of one source, as long as this instance owns it; what is counted stays.
// Thread-safe.
class SourceMetrics {
  public:
    SourceMetrics(telemetry::Metrics& metrics, std::string stream);
    ~SourceMetrics();
    SourceMetrics(const SourceMetrics&) = delete;
    SourceMetrics& operator=(const SourceMetrics&) = delete;

    void count_poll(const std::string& outcome);

    telemetry::Gauge up;
    telemetry::Counter records, bytes, lost, connects, gaps, gap_seconds;

  private:
    telemetry::Metrics& metrics_;
    const std::string stream_;
};

}  // namespace tidewheel::source
