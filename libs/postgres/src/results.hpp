#pragma once
#include <libpq-fe.h>

#include <cstddef>
#include <functional>
#include <span>

#include "tidewheel/postgres/connection.hpp"

// What libpq's results say.
namespace tidewheel::postgres {

std::size_t row_count(PGresult* result);  // of INSERT, UPDATE, DELETE, COPY
Rows rows_of(PGresult* result);
// What results in their order come to as one script: the rows of the last one that has any, and the
// last one's counts.
Rows as_script(std::span<Rows> results);

// Takes every result of the command under way, as libpq requires before the next; then throws the
// first failure. `take` gets those before it.
void take_results(PGconn* handle, const std::function<void(PGresult*)>& take);

}  // namespace tidewheel::postgres
