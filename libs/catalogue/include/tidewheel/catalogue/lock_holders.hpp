#pragma once
#include <string>

#include "tidewheel/catalogue/database.hpp"

// Who holds a lock that a command waits for.
namespace tidewheel::catalogue {

// Ends those of our own role that have been silent for ten seconds in the middle of a COPY: no
// timeout of PostgreSQL's reaches a client that is frozen there, and its locks would stay for ever.
// Their transactions are rolled back; a holder that is merely slow repeats its own.
void end_frozen_holders(const Database& database);

// "tidewheel redrive, pid 123, waiting for its client since …"; empty: none.
std::string catalogue_holders(const Database& database);

// Who has been in a transaction with a lock on the relation for the longest time: "backend 4711
// (psql, since 2026-01-31 12:00:00+00)". Empty: none. Its name is quoted.
std::string lock_holder(postgres::Connection& connection, const std::string& relation);

}  // namespace tidewheel::catalogue
