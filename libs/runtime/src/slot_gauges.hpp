#pragma once
#include <set>
#include <string>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// The WAL that the server keeps for changefeeds, as metrics: tidewheel-changefeed itself can't tell
// while it doesn't run.
class SlotGauges {
  public:
    explicit SlotGauges(telemetry::Metrics& metrics) : metrics_(metrics) {}
    void look(postgres::Connection& database);  // often; it asks every half minute

  private:
    telemetry::Metrics& metrics_;
    Clock::Monotonic looked_at_;
    std::set<std::string> shown_;  // labels of streams
};

}  // namespace tidewheel::runtime
