#pragma once
#include <map>

#include "outbox.hpp"
#include "roster.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::delivery {

// What is done beside the deliveries: rows that nobody needs are deleted, and what waits is counted.
class Housekeeping {
  public:
    Housekeeping(telemetry::Metrics& metrics, Roster& roster, const Kind& kind)
        : metrics_(metrics), roster_(roster), kind_(kind) {}

    // `ends`: by sink, the lanes that hold rows. Throws DatabaseError.
    void look(postgres::Connection& connection, const std::map<int, catalogue::LaneEnds>& ends);
    void count(const catalogue::DeliveryStep& step);

  private:
    telemetry::Labels labels(const catalogue::DeliveryKey& key) const;
    void measure(postgres::Connection& connection);
    void forget_others();

    telemetry::Metrics& metrics_;
    Roster& roster_;
    const Kind& kind_;
    Clock::Monotonic trimmed_at_{}, measured_at_{};
    std::map<catalogue::DeliveryKey, telemetry::Labels> measured_;
};

}  // namespace tidewheel::delivery
