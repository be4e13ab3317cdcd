#pragma once
#include <vector>

#include "kernels.hpp"

// The parts of the table of kernels that have files of their own.
namespace tidewheel::engine {

void add_text_functions(std::vector<KernelEntry>& table);
void add_time_functions(std::vector<KernelEntry>& table);

}  // namespace tidewheel::engine
