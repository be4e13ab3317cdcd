#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::cache {

// Writes the rows of all sinks of SERVER redis to their Redis until the stop. Throws Error (setting)
// for what waiting can't correct.
void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::cache
