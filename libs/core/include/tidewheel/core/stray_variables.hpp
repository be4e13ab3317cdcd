#pragma once
#include <string>
#include <vector>

namespace tidewheel {

// A sentence for each environment variable TIDEWHEEL_… that is not a setting, so has no effect.
std::vector<std::string> stray_variables();

}  // namespace tidewheel
