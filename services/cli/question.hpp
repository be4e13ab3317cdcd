#pragma once
#include <string>
#include <vector>

namespace tidewheel::cli {

struct Context;

// Says what is going to happen, a line each, and asks whether to go on. Throws Error (setting)
// when there is no terminal to ask on.
bool agreed(Context& context, const std::vector<std::string>& consequences);

}  // namespace tidewheel::cli
