#pragma once
#include <vector>

#include "producer/produce.hpp"
#include "tidewheel/flags/flag.hpp"

namespace tidewheel::producer {

// STREAM and the flags that `tidewheel produce` and tidewheel-producer share; they are in `options`
// once the command line is read.
std::vector<flags::Flag> produce_flags(ProduceOptions& options);

// Throws Error (setting) for what is no duration.
std::chrono::nanoseconds read_duration(const std::string& text);

}  // namespace tidewheel::producer
