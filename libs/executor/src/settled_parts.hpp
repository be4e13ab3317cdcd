#pragma once
#include "tidewheel/engine/expression.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::executor {

// Asks PostgreSQL what the types of an expression's parts don't say: what its dates, times and
// intervals are, in binary, and whether lower() and upper() map the letters of ASCII as usual. Throws
// engine::Unsupported where they don't. The search path is plain_search_path.
void settle(postgres::Transaction& transaction, engine::Expression& expression);

}  // namespace tidewheel::executor
