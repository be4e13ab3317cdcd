#pragma once
#include <functional>

#include "batch_run.hpp"

namespace tidewheel::executor {

// Runs executors over the staged batch: at full pace each at once, carefully under savepoints, and
// each record that PostgreSQL refuses to a statement becomes a dead letter of it.
void run_statements(BatchRun& run, const StatementExecutors& executors);

// What PostgreSQL refuses in `work` is this statement's failure alone: StatementError.
void blame_statement(const catalogue::StoredStatement& statement,
                     const std::function<void()>& work);

}  // namespace tidewheel::executor
