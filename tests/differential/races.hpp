#pragma once
#include <string>
#include <vector>

namespace tidewheel::testing {

// Lanes of both executors and hand-written sessions write a few keys of one table at the same time,
// by seed. What is wrong at the end, a line each.
std::vector<std::string> race(unsigned seed);

}  // namespace tidewheel::testing
