#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/shell.hpp"

namespace tidewheel::runner {

// Runs all statements of the catalogue, and each other service while something is declared for it,
// until it is stopped. One that fails says so in /readyz and is started again; the others go on.
// Throws Error for what waiting can't correct (a wrong password, a wrong setting of the database).
void run(const Settings& settings, service::Shell& shell, std::stop_token stop);

}  // namespace tidewheel::runner
