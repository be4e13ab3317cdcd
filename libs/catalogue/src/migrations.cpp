#include "tidewheel/catalogue/migrations.hpp"

#include <string>

#include "migration_files.hpp"

namespace tidewheel::catalogue {
namespace {

constexpr int oldest_server = 15;  // UNIQUE NULLS NOT DISTINCT

void require_server(postgres::Transaction& transaction) {
    const postgres::Row row =
        transaction.query("SELECT current_setting('server_version_num')::int / 10000, version()")
            .front();
    if (row.integer(0) < oldest_server)
        throw Error(Error::Kind::refused,
                    "PostgreSQL " + row.text(0) + " is too old: Tidewheel needs 15 or newer",
                    "Upgrade the server.");
}

// Asks before it creates: CREATE SCHEMA IF NOT EXISTS requires the privilege even when there is
// nothing to do.
void make_migrations_table(postgres::Transaction& transaction) {
    if (transaction.query("SELECT to_regnamespace('tidewheel')").front().is_null(0))
        transaction.run("CREATE SCHEMA tidewheel");
    if (!migrated_version(transaction))
        transaction.run(
            "CREATE TABLE tidewheel.migrations (version integer PRIMARY KEY, name text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())");
}

}  // namespace

int migration_version() {
    return migrations().empty() ? 0 : migrations().back().version;
}

std::optional<int> migrated_version(postgres::Transaction& transaction) {
    if (transaction.query("SELECT to_regclass('tidewheel.migrations')").front().is_null(0))
        return std::nullopt;
    const postgres::Rows rows =
        transaction.query("SELECT coalesce(max(version), 0) FROM tidewheel.migrations");
    return static_cast<int>(rows.front().integer(0));
}

Error no_catalogue(const std::string& database) {
    return Error(Error::Kind::refused,
                 "database " + database + " has no catalogue (schema tidewheel)",
                 "If it is the right database, run `tidewheel init`, then `tidewheel apply`.");
}

void require_current(postgres::Transaction& transaction) {
    const std::optional<int> version = migrated_version(transaction);
    if (!version)
        throw no_catalogue(transaction.query("SELECT current_database()").front().text(0));
    if (*version != migration_version())
        throw Error(Error::Kind::refused,
                    "the catalogue has version " + std::to_string(*version) +
                        ", and this program needs version " + std::to_string(migration_version()),
                    *version < migration_version() ? "Run `tidewheel init`, which migrates it."
                                                   : "Use the newer Tidewheel that created it.");
}

void migrate(postgres::Transaction& transaction) {
    require_server(transaction);
    // Two programs may migrate at the same time: the second waits here and then finds nothing to
    // do.
    transaction.query("SELECT pg_advisory_xact_lock(hashtextextended('tidewheel.migrations', 0))");
    make_migrations_table(transaction);
    const int applied = migrated_version(transaction).value();
    if (applied > migration_version())
        throw Error(Error::Kind::refused,
                    "the catalogue in schema tidewheel has version " + std::to_string(applied) +
                        ", and this program knows versions up to " +
                        std::to_string(migration_version()),
                    "Use the newer Tidewheel that created it.");
    for (const Migration& migration : migrations()) {
        if (migration.version <= applied) continue;
        transaction.run(migration.sql);
        transaction.query("INSERT INTO tidewheel.migrations (version, name) VALUES ($1, $2)",
                          {std::to_string(migration.version), std::string(migration.name)});
    }
}

}  // namespace tidewheel::catalogue
