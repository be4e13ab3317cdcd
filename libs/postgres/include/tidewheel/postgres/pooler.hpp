#pragma once
#include <string>

#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/connection.hpp"

// What a pooler between us and PostgreSQL must not do: give a session another backend between two
// transactions. Temporary tables, settings and locks would be another client's.
namespace tidewheel::postgres {

// Throws Error: setting when a pooler does that. Connects once, and where there is a pooler some
// more times.
void require_own_backend(const std::string& url);

Error not_our_backend();

// SQL, an expression: an error where another backend than this one answers, NULL otherwise.
std::string require_backend(const std::string& pid);
bool says_other_backend(const DatabaseError& error);

}  // namespace tidewheel::postgres
