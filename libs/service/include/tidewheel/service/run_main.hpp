#pragma once
#include <functional>
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/shell.hpp"

namespace tidewheel::service {

// The main() of a service once it has its settings, whatever its work: log, open files, signals;
// then `run` until the stop that a signal asks for, which has ten seconds. Returns the exit status;
// what `run` throws is logged. `name`: worker, of the program tidewheel-worker.
int run_main(const char* name, const Settings& settings,
             const std::function<void(std::stop_token)>& run);

// The work of a service, until the stop: every service is a function of this form, so that it may
// run in a process of its own or beside others.
using Run = std::function<void(const Settings&, Vitals&, std::stop_token)>;
// The same for a service of this form, with a shell around it.
int run_service_main(const char* name, const Settings& settings, const Run& run);

}  // namespace tidewheel::service
