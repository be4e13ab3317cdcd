#pragma once
#include <string>

#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {

// Asks PostgreSQL what the plan's rules and views compute, and adds the native forms of those that
// the engine can compute, and computes as this PostgreSQL does; of the others, the reason. The stage's temporary relations must exist.
void add_native_forms(postgres::Transaction& transaction, StreamPlan& plan);

// None of them, for this reason.
void leave_to_postgres(StreamPlan& plan, const std::string& reason);

}  // namespace tidewheel::executor
