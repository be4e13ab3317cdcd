#pragma once
#include <string>

#include "tidewheel/postgres/connection.hpp"

struct pg_conn;  // PGconn and PGresult: the tests of this header do without libpq's
struct pg_result;

namespace tidewheel::postgres {

// What a failed result says, with PostgreSQL's hint or ours.
DatabaseError error_of(const pg_conn* handle, const pg_result* result);
// The connection is gone; the message is what libpq or the server's last words say.
DatabaseError connection_lost(const std::string& while_doing, const std::string& message);
// Throws unless the result is that of a statement that succeeded.
void require_success(pg_conn* handle, const pg_result* result);

std::string one_line(const std::string& text);

}  // namespace tidewheel::postgres
