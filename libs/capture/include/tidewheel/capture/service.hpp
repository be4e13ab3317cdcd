#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::capture {

// Writes the rows of every sink of SERVER files to files, until the stop. Throws Error (setting) if
// there is no directory to write to.
void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::capture
