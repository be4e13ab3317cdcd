#pragma once
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {

// Runs the plan's native forms over a few rows at the edges of the types, and asks this PostgreSQL
// whether it computes the same of them. A form that differs is taken away, with the reason
// `self_check_differed`: a server of another version or with another collation library can't make
// a wrong result. One round trip. The stage's temporary relations must exist.
void check_native_forms(postgres::Transaction& transaction, StreamPlan& plan);

}  // namespace tidewheel::executor
