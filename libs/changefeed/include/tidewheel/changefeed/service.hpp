#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::changefeed {

// Writes the changes of tables to topics, for the streams of the catalogue that have the option
// changes_of, until it is stopped. A changed catalogue is taken up within about a second. Of
// several such services one writes a stream; the others take over when it is gone, or frozen.
// Throws Error for what waiting can't correct (a wrong password, a wrong setting).
void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::changefeed
