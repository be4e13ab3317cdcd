#pragma once
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::postgres {

// Brings schema `tidewheel` to this program's version by the numbered files of
// libs/postgres/migrations (built in). Makes the schema and tidewheel.migrations (version, name,
// applied_at) when they are missing. Inside the caller's transaction, under an advisory lock.
// Throws Error: refused for PostgreSQL before 15, or for a catalogue that a newer program made.
void migrate(Transaction& transaction);
int migration_version();  // of this program
std::optional<int> migrated_version(
    Transaction& transaction);  // of the database; nullopt: no catalogue yet

}  // namespace tidewheel::postgres
