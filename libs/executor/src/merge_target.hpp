#pragma once
#include "tidewheel/executor/insert_target.hpp"

namespace tidewheel::executor {

// As resolve_target, of a MERGE. Asks PostgreSQL whether ON names at most one row of the target.
// Throws Error (refused).
InsertTarget merge_target(postgres::Transaction& transaction, const sql::RowStatement& statement);

// The rows of a MERGE's source with the number of their record, called as the MERGE calls it.
std::string merge_source(const sql::RowStatement& statement, const std::string& alias);

}  // namespace tidewheel::executor
