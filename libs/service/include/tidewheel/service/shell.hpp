#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/service/watchdog.hpp"
#include "tidewheel/telemetry/health.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::service {

// The shell of any service: metrics, health, the admin server with /metrics, /healthz (the process
// is alive) and /readyz (it makes progress: 200, or 503 with a line for each part that doesn't),
// and the watchdog over the service's own thread. Create it first: it must outlive all that may
// hang while it is destroyed. Nothing is served before start().
class Shell {
  public:
    // `calls`: the server that the service's own thread calls, and may hang in. `threads`: see
    // http::Server. Throws Error (setting) when it can't listen.
    Shell(const Settings& settings, std::string calls, int threads = 2);
    // For routes of the service's own, before start().
    http::Server& server() { return *server_; }
    void start();
    // Serves no more, once what is being answered is answered. For those whose routes use what is
    // destroyed before this.
    void stop() { server_.reset(); }

    telemetry::Metrics& metrics() { return metrics_; }
    telemetry::Health& health() { return health_; }
    // The service's own thread is alive, and will call again within stall_after, not counting the
    // wait that it announces. If it is silent for three times as long (at least 30 s), the process
    // ends.
    void beat(std::chrono::milliseconds wait = {}) { seen_at_ = Clock::system().now() + wait; }
    std::string url() const { return server_->url(); }

  private:
    std::optional<std::string> not_ready() const;

    const std::string instance_, calls_;
    const std::chrono::milliseconds stall_after_;
    telemetry::Metrics metrics_;
    telemetry::Health health_;
    std::atomic<Clock::Monotonic> seen_at_{Clock::system().now()};
    Watchdog watchdog_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace tidewheel::service
