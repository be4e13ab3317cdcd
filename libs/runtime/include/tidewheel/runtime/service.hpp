#pragma once
#include <stop_token>
#include <string>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::runtime {

// Reads the catalogue, joins the consumer group GROUP.name and runs a lane for every partition that
// it is given, with the statements of this kind, until it is stopped. Waits for servers that are
// unavailable; takes up a changed catalogue within about a second. Throws Error for what waiting
// can't correct (a wrong password, a wrong setting).
void run_service(const Settings& settings, const std::string& name,
                 executor::StatementKind statements, std::stop_token stop);

}  // namespace tidewheel::runtime
