#pragma once
#include <string>

namespace tidewheel::telemetry {

// What every Prometheus client says of its process (process_cpu_seconds_total and others), in
// Prometheus' text format: prometheus-cpp leaves that to its users. What /proc doesn't tell is not
// in it.
std::string process_metrics();

}  // namespace tidewheel::telemetry
