#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::publisher {

// Sends the rows of every stream that statements write to, each once for readers of committed
// records, until the stop. Throws Error (setting) for what waiting can't correct.
void run_service(const Settings& settings, service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::publisher
