#include "tidewheel/runtime/admin_server.hpp"

namespace tidewheel::runtime {

void add_admin_routes(http::Server& server, const telemetry::Metrics& metrics,
                      std::function<std::optional<std::string>()> trouble) {
    server.route("GET", "/metrics", [&metrics](const http::Request&) {
        return http::Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics.text()};
    });
    server.route("GET", "/healthz",
                 [](const http::Request&) { return http::Response{.body = "alive\n"}; });
    server.route("GET", "/readyz", [trouble = std::move(trouble)](const http::Request&) {
        const auto lacking = trouble();
        return lacking ? http::Response{.status = 503, .body = *lacking + "\n"}
                       : http::Response{.body = "ready\n"};
    });
}

}  // namespace tidewheel::runtime
