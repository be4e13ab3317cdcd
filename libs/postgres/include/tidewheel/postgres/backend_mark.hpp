#pragma once
#include <cstdint>
#include <string>

#include "tidewheel/postgres/connection.hpp"

// An advisory lock tells which owner a backend acts for. A backend's number and start would name
// the wrong one where a pooler passes it on, and where the catalogue is a copy of another
// database's. A lock belongs to one database, ends with what it marks, and any role may see it.
namespace tidewheel::postgres {

// Of a transaction that applies a batch under a claim. `epoch`: an SQL expression. An SQL
// expression, as are all keys here.
std::string batch_mark(const std::string& epoch);

// The advisory locks of this database: a relation (pid, key).
inline constexpr const char* advisory_locks =
    "(SELECT pid, classid::bigint << 32 | objid::bigint AS key FROM pg_locks WHERE locktype = "
    "'advisory' AND granted AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE "
    "datname = current_database()))";

// Takes a lock under a new key for as long as the connection lives. What is claimed under the key
// (progress.owner_session) has an owner for so long.
std::int64_t show_presence(Connection& connection);

}  // namespace tidewheel::postgres
