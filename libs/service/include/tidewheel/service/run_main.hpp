#pragma once
#include <functional>
#include <stop_token>

#include "tidewheel/core/settings.hpp"

namespace tidewheel::service {

// The main() of a service once it has its settings, whatever its work: log, open files, signals;
// then `run` until the stop that a signal asks for, which has ten seconds. Returns the exit status;
// what `run` throws is logged. `name`: worker, of the program tidewheel-worker.
int run_main(const char* name, const Settings& settings,
             const std::function<void(std::stop_token)>& run);

}  // namespace tidewheel::service
