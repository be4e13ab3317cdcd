#pragma once
#include <functional>
#include <string>

#include "tidewheel/executor/batch_executor.hpp"

namespace tidewheel::executor {

// For tests (tests/weakened): a batch natively, and then as PostgreSQL alone would run it, in the
// same transaction; the second one stays. `run` says what else than rows it has led to. Other
// writers of the tables wait meanwhile. Where the two differ, this ends the process.
void run_in_both(postgres::Session& session, const StreamPlan& plan,
                 const std::function<std::string(Pace)>& run);

}  // namespace tidewheel::executor
