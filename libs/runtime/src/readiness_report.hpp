#pragma once
#include <map>
#include <string>

#include "memberships.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/telemetry/health.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// Says in /readyz, and once in the log, what a service lacks: a topic, records, a
// broker, sessions. One thread.
class ReadinessReport {
  public:
    ReadinessReport(const Settings& settings, telemetry::Metrics& metrics,
                    telemetry::Health& health);

    // quarantined: the number of statements, for the gauge that counts missing data, too.
    void look(const Memberships& members, std::size_t quarantined);

  private:
    void look_at_topics(const Memberships& members);
    void look_at_missing(const Memberships& members);
    void look_at_broker(const Memberships& members);
    void look_at_sessions(const Memberships& members);

    const Settings& settings_;
    telemetry::Metrics& metrics_;
    telemetry::Health& health_;
    std::map<std::string, std::string> topics_;   // by name: why it can't be read
    std::map<std::string, std::string> missing_;  // by place: why a statement can't continue there
    bool had_shortage_ = false;                   // of sessions
};

}  // namespace tidewheel::runtime
