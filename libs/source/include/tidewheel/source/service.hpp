#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::source {

// Fetches records for the streams of the catalogue that have a source and that no other instance
// owns, until it is stopped. A changed catalogue is taken up within about a second. Throws Error for
// what waiting can't correct (a wrong password, a wrong setting).
void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::source
