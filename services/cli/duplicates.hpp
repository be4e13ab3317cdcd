#pragma once
#include <string>

#include "tidewheel/postgres/catalogue.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {

// Why an INSERT would store records twice that it reads twice; empty: its ON CONFLICT has a unique
// index to go by that lets no second row in, or replaces the first. Throws DatabaseError when the
// table is gone.
std::string why_twice(postgres::Transaction& transaction, const postgres::StoredStream& stream,
                      const postgres::StoredStatement& stored);

}  // namespace tidewheel::cli
