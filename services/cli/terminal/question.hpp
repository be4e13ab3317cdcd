#pragma once
#include <string>
#include <vector>

namespace tidewheel::cli {

struct Context;

// Prints what is going to happen, a line each, and asks whether to continue. Throws Error (setting)
// when there is no terminal.
bool agreed(Context& context, const std::vector<std::string>& consequences);

}  // namespace tidewheel::cli
