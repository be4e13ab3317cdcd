#include "tidewheel/postgres/catalogue.hpp"

#include <algorithm>
#include <stdexcept>

#include "tidewheel/postgres/migrations.hpp"

namespace tidewheel::postgres {
namespace {

constexpr const char* streams_query =
    "SELECT id, schema_name, name, is_foreign, text FROM tidewheel.streams ORDER BY id";
enum StreamsQuery { stream_id, schema_name, stream_name, is_foreign, stream_text };

constexpr const char* statements_query =
    "SELECT id, stream_id, name, target_schema, target_name, state_table, search_path, text, "
    "fingerprint, file, line, paused_at IS NOT NULL"
    " FROM tidewheel.statements WHERE rebuilds IS NULL ORDER BY id";
enum StatementsQuery {
    statement_id,
    read_stream_id,
    statement_name,
    target_schema,
    target_name,
    state_table,
    search_path,
    statement_text,
    fingerprint,
    file,
    line,
    is_paused
};

Error no_catalogue() {
    return Error(Error::Kind::refused, "the database has no catalogue (schema tidewheel)",
                 "run `tidewheel init`, then `tidewheel apply`");
}

void require_current(Transaction& transaction) {
    const std::optional<int> version = migrated_version(transaction);
    if (!version) throw no_catalogue();
    if (*version != migration_version())
        throw Error(Error::Kind::refused,
                    "the catalogue has version " + std::to_string(*version) +
                        ", and this program needs version " + std::to_string(migration_version()),
                    *version < migration_version()
                        ? "run `tidewheel init`, which brings it up to date"
                        : "use the newer Tidewheel that made it");
}

StoredStream load_stream(Transaction& transaction, const Row& row) {
    StoredStream stored;
    stored.id = static_cast<int>(row.integer(stream_id));
    stored.is_foreign = row.boolean(is_foreign);
    stored.stream = std::get<sql::Stream>(sql::parse_statement(row.text(stream_text), {}).body);
    stored.stream.name = {row.text(schema_name), row.text(stream_name)};
    stored.schema = resolve_schema(transaction, stored.stream);
    stored.checks = resolve_checks(transaction, stored.stream.name);
    return stored;
}

// The text says names as its author wrote them; the catalogue says what they meant when it was
// applied.
void qualify(sql::Statement& statement, const sql::RelationName& target) {
    if (auto* rows = std::get_if<sql::RowStatement>(&statement.body)) rows->target = target;
    if (auto* view = std::get_if<sql::ViewStatement>(&statement.body)) view->name = target;
}

StoredStatement load_statement(const Catalogue& catalogue, const Row& row) {
    StoredStatement stored;
    stored.id = static_cast<int>(row.integer(statement_id));
    stored.stream_id = static_cast<int>(row.integer(read_stream_id));
    stored.state_table = row.text_or(state_table, "");
    stored.search_path = row.text(search_path);
    stored.paused = row.boolean(is_paused);
    const sql::Stream& stream = catalogue.stream(stored.stream_id).stream;
    stored.statement = sql::parse_statement(row.text(statement_text), {stream});
    stored.statement.name = row.text(statement_name);
    stored.statement.fingerprint = row.text(fingerprint);
    stored.statement.position = {row.text(file), static_cast<int>(row.integer(line)), 1};
    stored.statement.stream = stream.name;
    qualify(stored.statement, {row.text(target_schema), row.text(target_name)});
    return stored;
}

// One snapshot for all of it: an `apply` in between must be seen whole or not at all.
Catalogue load_snapshot(Connection& connection) {
    Transaction transaction(connection);
    transaction.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    Catalogue catalogue = read_catalogue(transaction);
    transaction.commit();
    return catalogue;
}

}  // namespace

const StoredStream& Catalogue::stream(int id) const {
    const auto found = std::ranges::find(streams, id, &StoredStream::id);
    if (found == streams.end())
        throw std::out_of_range("no stream " + std::to_string(id) + " in the catalogue");
    return *found;
}

const StoredStatement* Catalogue::find_statement(const std::string& name) const {
    const auto found = std::ranges::find_if(
        statements, [&](const StoredStatement& stored) { return stored.statement.name == name; });
    return found == statements.end() ? nullptr : &*found;
}

// PostgreSQL's own functions (to_regclass, pg_get_expr, format_type) know of no snapshot: where an
// `apply` has just made a stream anew, what they say doesn't fit the rest, or is nothing at all.
Catalogue load_catalogue(Connection& connection) {
    for (;;) {
        const std::int64_t before = catalogue_version(connection);
        try {
            Catalogue catalogue = load_snapshot(connection);
            if (catalogue_version(connection) == catalogue.version) return catalogue;
        } catch (const std::exception&) {
            if (catalogue_version(connection) == before) throw;
        }
    }
}

Catalogue read_catalogue(Transaction& transaction) {
    require_current(transaction);
    Catalogue catalogue;
    catalogue.version =
        transaction.query("SELECT version FROM tidewheel.catalogue").at(0).integer(0);
    for (const Row& row : transaction.query(streams_query))
        catalogue.streams.push_back(load_stream(transaction, row));
    for (const Row& row : transaction.query(statements_query))
        catalogue.statements.push_back(load_statement(catalogue, row));
    return catalogue;
}

std::int64_t catalogue_version(Connection& connection) {
    try {
        return connection.query("SELECT version FROM tidewheel.catalogue").at(0).integer(0);
    } catch (const DatabaseError& error) {
        if (error.sqlstate() != "42P01") throw;
        throw no_catalogue();
    }
}

}  // namespace tidewheel::postgres
