#pragma once
#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/watchdog.hpp"
#include "tidewheel/telemetry/health.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::service {

// What one service says of itself while it runs: its metrics, its health, and that its own thread
// is alive. Shell has the first of a process, and those of others that run beside it.
class Vitals {
  public:
    // `metrics`: the process's; outlives this. `calls`: the servers that the service's own thread
    // calls, and may hang in.
    Vitals(const Settings& settings, telemetry::Metrics& metrics, std::string calls);

    telemetry::Metrics& metrics() { return metrics_; }
    telemetry::Health& health() { return health_; }
    // The service's own thread is alive, and will call again within stall_after, not counting the
    // wait that it announces. If it is silent for three times as long (at least 30 s), the process
    // ends.
    void beat(std::chrono::milliseconds wait = {}) {
        seen_at_ = Clock::system().now() + wait;
        has_begun_ = true;
    }
    // nullopt: ready, which it isn't before the first beat. Otherwise one line per part that is not.
    // Any thread.
    std::optional<std::string> not_ready() const;

  private:
    const std::string calls_;
    const std::chrono::milliseconds stall_after_;
    telemetry::Metrics& metrics_;
    telemetry::Health health_;
    std::atomic<Clock::Monotonic> seen_at_{Clock::system().now()};
    std::atomic<bool> has_begun_{false};
    Watchdog watchdog_;
};

}  // namespace tidewheel::service
