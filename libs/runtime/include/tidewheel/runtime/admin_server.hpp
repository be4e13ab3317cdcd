#pragma once
#include <functional>
#include <optional>
#include <string>

#include "tidewheel/http/server.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::runtime {

// Adds /metrics, /healthz (the process is alive) and /readyz (it makes progress: 200, or 503 with a
// line per trouble).
void add_admin_routes(http::Server& server, const telemetry::Metrics& metrics,
                      std::function<std::optional<std::string>()> trouble);

}  // namespace tidewheel::runtime
