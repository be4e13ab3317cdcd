#pragma once
#include <libpq-fe.h>

#include <string>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::postgres {

// What a failed result says.
DatabaseError error_of(const PGresult* result);
// The connection is gone; the message is what libpq or the server's last words say.
DatabaseError connection_lost(const std::string& while_doing, const std::string& message);
// Throws unless the result is that of a statement that succeeded.
void require_success(PGconn* handle, const PGresult* result);

std::string one_line(const std::string& text);

}  // namespace tidewheel::postgres
