#pragma once
#include <string>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/monitor/paused.hpp"

namespace tidewheel::cli {

// A line for each, with what resumes it; empty: nothing is paused.
std::string paused_lines(const std::vector<monitor::PausedService>& all);
codec::Json paused_as_json(const std::vector<monitor::PausedService>& all);

}  // namespace tidewheel::cli
