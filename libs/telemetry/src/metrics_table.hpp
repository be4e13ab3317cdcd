#pragma once
#include <vector>

#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::telemetry {

const MetricDescription& describe(Metric metric);
std::vector<double> bucket_bounds(const MetricDescription& histogram);  // upper bounds, ascending

}  // namespace tidewheel::telemetry
