#include "tidewheel/service/shell.hpp"

#include <algorithm>
#include <utility>

#include "tidewheel/core/version.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::service {

Shell::Shell(const Settings& settings, std::string calls, int threads)
    : instance_(settings.instance),
      calls_(std::move(calls)),
      stall_after_(settings.stall_after),
      watchdog_(seen_at_, std::max(3 * stall_after_, std::chrono::milliseconds(30000))),
      server_(std::make_unique<http::Server>(settings.listen, http::ServerLimits{}, threads)) {
    metrics_.gauge(telemetry::Metric::build_info, {{"version", std::string(version())}}).set(1);
    server_->on_error([](const std::string& what) {
        telemetry::log(telemetry::Level::error, "request failed", {{"reason", what}});
    });
    server_->route("GET", "/metrics", [this](const http::Request&) {
        return http::Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text()};
    });
    server_->route("GET", "/healthz",
                   [](const http::Request&) { return http::Response{.body = "alive\n"}; });
    server_->route("GET", "/readyz", [this](const http::Request&) {
        const auto reasons = not_ready();
        return reasons ? http::Response{.status = 503, .body = *reasons + "\n"}
                       : http::Response{.body = "ready\n"};
    });
}

void Shell::start() {
    server_->start();
    telemetry::log(
        telemetry::Level::info, "started",
        {{"version", std::string(version())}, {"instance", instance_}, {"admin", server_->url()}});
}

// Called from the HTTP server's threads.
std::optional<std::string> Shell::not_ready() const {
    if (Clock::system().now() - seen_at_.load() > stall_after_)
        return "service: stuck, most likely in a call to " + calls_;
    return health_.not_ready();
}

}  // namespace tidewheel::service
