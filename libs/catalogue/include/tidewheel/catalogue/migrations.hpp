#pragma once
#include <optional>
#include <string>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::catalogue {

// Brings schema `tidewheel` to this program's version by the numbered files of
// libs/catalogue/migrations (built in). Makes the schema and tidewheel.migrations (version, name,
// applied_at) when they are missing. Inside the caller's transaction, under an advisory lock.
// Throws Error: refused for PostgreSQL before 15, or for a catalogue that a newer program created.
void migrate(postgres::Transaction& transaction);
// Throws Error (refused) where there is no catalogue, or one of another version.
void require_current(postgres::Transaction& transaction);
Error no_catalogue(const std::string& database);
int migration_version();  // of this program
// Of the database; nullopt: no catalogue yet.
std::optional<int> migrated_version(postgres::Transaction& transaction);

}  // namespace tidewheel::catalogue
