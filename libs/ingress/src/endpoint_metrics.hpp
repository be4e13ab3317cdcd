#pragma once
#include <map>
#include <mutex>
#include <string>

#include "problem.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::ingress {

// What /metrics says of the requests to one stream; of no stream: its name is empty. Thread-safe.
class EndpointMetrics {
  public:
    EndpointMetrics(telemetry::Metrics& metrics, std::string stream);

    // The same, and it counts the answer and the time from now.
    http::Respond counted(http::Respond respond);
    void count_answer(int status);
    void count_accepted(std::size_t records);
    void count_refused(const std::vector<RecordError>& errors);

  private:
    telemetry::Metrics& metrics_;
    const std::string stream_;
    telemetry::Histogram seconds_;
    telemetry::Counter records_;
    std::mutex mutex_;
    std::map<int, telemetry::Counter> answers_;
};

}  // namespace tidewheel::ingress
