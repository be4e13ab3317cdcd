#pragma once
#include <mutex>
#include <string>

#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::capture {

// What /metrics says of one sink's files. Thread-safe.
class SinkMetrics {
  public:
    SinkMetrics(telemetry::Metrics& metrics, const std::string& sink);

    // A file that is being written, as long as this lives.
    class OpenFile {
      public:
        explicit OpenFile(SinkMetrics& metrics) : metrics_(metrics) { metrics_.add_open(1); }
        ~OpenFile() { metrics_.add_open(-1); }
        OpenFile(const OpenFile&) = delete;
        OpenFile& operator=(const OpenFile&) = delete;

      private:
        SinkMetrics& metrics_;
    };

    telemetry::Counter files, bytes;
    telemetry::Gauge roll_seconds;

  private:
    void add_open(int more);

    telemetry::Gauge open_files_;
    std::mutex mutex_;
    int open_ = 0;
};

}  // namespace tidewheel::capture
