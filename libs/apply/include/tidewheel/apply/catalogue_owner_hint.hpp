#pragma once
#include <functional>

#include "tidewheel/catalogue/database.hpp"

namespace tidewheel::apply {

// Runs the work. Where PostgreSQL refuses it because the catalogue belongs to another role, what is
// thrown on has a hint that names it, which takes a query: DatabaseError, or sql::PipelineError for
// what has a place in a file. All other refusals have their hint from libs/postgres.
void with_owner_named(const catalogue::Database& database, const std::function<void()>& work);

}  // namespace tidewheel::apply
