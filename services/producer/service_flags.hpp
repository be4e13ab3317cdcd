#pragma once
#include <vector>

#include "producer/service.hpp"
#include "tidewheel/flags/flag.hpp"

namespace tidewheel::producer {

// The flags of tidewheel-producer beside its settings; they are in `options` once the command line
// is read.
std::vector<flags::Flag> service_flags(ServiceOptions& options);

}  // namespace tidewheel::producer
