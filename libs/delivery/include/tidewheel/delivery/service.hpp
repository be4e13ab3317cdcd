#pragma once
#include <stop_token>
#include <string>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/delivery/destination.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::delivery {

struct ServiceOptions {
    std::string name;         // tidewheel-notifier: for PostgreSQL's application_name
    std::size_t threads = 8;  // so many destinations deliver at the same time
};

// Delivers the rows of all sinks of this kind until the stop. Throws Error (setting) for what
// waiting can't correct.
void run_service(const Settings& settings, const ServiceOptions& options, Kind& kind,
                 service::Vitals& vitals, std::stop_token stop);

}  // namespace tidewheel::delivery
