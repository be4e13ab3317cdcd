#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::ingress {

// Takes records by HTTP for the streams of the catalogue that have an ingress, until it is stopped.
// A changed catalogue is taken up within about a second. While PostgreSQL is away it serves the
// streams that it knows. Throws Error for what waiting can't correct (a wrong password, a wrong
// setting).
void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::ingress
