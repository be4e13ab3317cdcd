#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::service {

// The shell of any service: metrics, health, the admin server with /metrics, /healthz (the process
// is alive) and /readyz (it makes progress: 200, or 503 with a line for each part that doesn't),
// and the watchdog over the service's own thread. Create it first: it must outlive all that may
// hang while it is destroyed. Nothing is served before start().
class Shell {
  public:
    // `calls`: the servers that the service's own thread calls, and may hang in. `threads`: see
    // http::Server. Throws Error (setting) when it can't listen.
    Shell(const Settings& settings, std::string calls, int threads = 2);
    // For routes of the service's own, before start().
    http::Server& server() { return *server_; }
    void start();
    // Serves no more, once what is being answered is answered. For those whose routes use what is
    // destroyed before this.
    void stop() { server_.reset(); }

    Vitals& vitals() { return vitals_; }
    telemetry::Metrics& metrics() { return metrics_; }
    telemetry::Health& health() { return vitals_.health(); }
    void beat(std::chrono::milliseconds wait = {}) { vitals_.beat(wait); }
    // Of another service in this process, in the place of those that it had before: its lines in
    // /readyz begin with its name. They count for as long as they exist. Any thread.
    std::shared_ptr<Vitals> add(const std::string& name);
    std::string url() const { return server_->url(); }

  private:
    std::optional<std::string> not_ready() const;

    const Settings settings_;
    const std::string calls_;
    telemetry::Metrics metrics_;
    Vitals vitals_;
    mutable std::mutex mutex_;  // of what follows
    std::map<std::string, std::weak_ptr<Vitals>> others_;
    std::unique_ptr<http::Server> server_;  // the first to go
};

}  // namespace tidewheel::service
