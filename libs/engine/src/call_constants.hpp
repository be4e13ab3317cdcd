#pragma once
#include <cstddef>
#include <vector>

#include "program_steps.hpp"
#include "tidewheel/engine/expression.hpp"

namespace tidewheel::engine {

// Makes the arguments ready that are the same for every row: units, patterns, intervals. Returns the
// places of the others. Throws Unsupported.
std::vector<std::size_t> take_constants(const Expression& call, Program::Step& step);

}  // namespace tidewheel::engine
