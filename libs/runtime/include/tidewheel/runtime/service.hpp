#pragma once
#include <stop_token>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/runtime/statement_program.hpp"
#include "tidewheel/service/vitals.hpp"

namespace tidewheel::runtime {

// Reads the catalogue, joins the program's consumer group and runs a lane for every partition that
// it is given, with the program's statements, until it is stopped. Waits for servers that are
// unavailable; takes up a changed catalogue within about a second. Throws Error for what waiting
// can't correct (a wrong password, a wrong setting).
void run_service(const Settings& settings, const StatementProgram& program, service::Vitals& vitals,
                 std::stop_token stop);

}  // namespace tidewheel::runtime
