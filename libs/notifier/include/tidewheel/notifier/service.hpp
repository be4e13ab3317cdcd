#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::notifier {

// Delivers the rows of all sinks of SERVER webhook until the stop. Throws Error (setting) for what
// waiting can't correct.
void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::notifier
