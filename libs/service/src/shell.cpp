#include "tidewheel/service/shell.hpp"

#include <sstream>
#include <utility>

#include "tidewheel/core/version.hpp"
#include "tidewheel/telemetry/log.hpp"
#include "tidewheel/telemetry/process_metrics.hpp"

namespace tidewheel::service {
namespace {

using telemetry::Metric;

void append(std::string& lines, const std::string& prefix, const std::string& more) {
    std::istringstream stream(more);
    for (std::string line; std::getline(stream, line);)
        lines.append(lines.empty() ? "" : "\n").append(prefix).append(line);
}

}  // namespace

Shell::Shell(const Settings& settings, std::string calls, int threads)
    : settings_(settings),
      calls_(std::move(calls)),
      vitals_(settings, metrics_, calls_),
      server_(std::make_unique<http::Server>(settings.listen, http::ServerLimits{}, threads)) {
    metrics_.gauge(Metric::build_info, {{"version", std::string(version())}}).set(1);
    server_->on_error([](const std::string& what) {
        telemetry::log(telemetry::Level::error, "request failed", {{"reason", what}});
    });
    server_->route("GET", "/metrics", [this](const http::Request&) {
        metrics_.gauge(Metric::ready).set(not_ready() ? 0 : 1);
        return http::Response{200, "text/plain; version=0.0.4; charset=utf-8",
                              metrics_.text() + telemetry::process_metrics()};
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
    telemetry::log(telemetry::Level::info, "started",
                   {{"version", std::string(version())},
                    {"instance", settings_.instance},
                    {"admin", server_->url()}});
}

std::shared_ptr<Vitals> Shell::add(const std::string& name) {
    auto vitals = std::make_shared<Vitals>(settings_, metrics_, calls_);
    const std::lock_guard lock(mutex_);
    others_[name] = vitals;
    return vitals;
}

// Called from the HTTP server's threads.
std::optional<std::string> Shell::not_ready() const {
    std::string lines;
    append(lines, "", vitals_.not_ready().value_or(""));
    std::map<std::string, std::weak_ptr<Vitals>> others;
    {
        const std::lock_guard lock(mutex_);
        others = others_;
    }
    for (const auto& [name, each] : others)
        if (const auto vitals = each.lock())
            append(lines, name + ": ", vitals->not_ready().value_or(""));
    return lines.empty() ? std::nullopt : std::optional(lines);
}

}  // namespace tidewheel::service
