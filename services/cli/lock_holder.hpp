#pragma once
#include <string>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {

// Who has been in a transaction with a lock on the relation for the longest time: "backend 4711
// (psql, since 2026-01-31 12:00:00+00)". Empty: nobody. Its name is quoted.
std::string lock_holder(postgres::Connection& connection, const std::string& relation);

}  // namespace tidewheel::cli
