#pragma once
#include <string>

#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::apply {

// Why an INSERT would store records twice that it reads twice; empty: its ON CONFLICT has a unique
// index that keeps a second row out, or replaces the first. Throws DatabaseError when the table
// does not exist.
std::string why_not_idempotent(postgres::Transaction& transaction,
                               const catalogue::StoredStream& stream,
                               const catalogue::StoredStatement& stored);

}  // namespace tidewheel::apply
