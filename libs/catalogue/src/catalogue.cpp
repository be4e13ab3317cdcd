#include "tidewheel/catalogue/catalogue.hpp"

#include <algorithm>
#include <stdexcept>

#include "statement_columns.hpp"
#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::catalogue {
namespace {

constexpr const char* streams_query =
    "SELECT id, schema_name, name, is_foreign, text, group_number FROM tidewheel.streams ORDER BY "
    "id";
enum StreamsQuery { stream_id, schema_name, stream_name, is_foreign, stream_text, group_number };

constexpr const char* paused_streams_query =
    "SELECT id FROM tidewheel.streams WHERE intake_paused_at IS NOT NULL";

const std::string statements_query =
    std::string(statement_columns) +
    "name, target_schema, target_name, text, fingerprint, file, line FROM tidewheel.statements "
    "WHERE rebuilds IS NULL ORDER BY id";
enum StatementsQuery {
    statement_name = statement_column_count,
    target_schema,
    target_name,
    statement_text,
    fingerprint,
    file,
    line
};

// Without what only its table can tell.
StoredStream declared_stream(const postgres::Row& row) {
    StoredStream stored;
    stored.id = static_cast<int>(row.integer(stream_id));
    stored.is_foreign = row.boolean(is_foreign);
    stored.group_number = static_cast<int>(row.integer(group_number));
    stored.stream = std::get<sql::Stream>(sql::parse_statement(row.text(stream_text), {}).body);
    stored.stream.name = {row.text(schema_name), row.text(stream_name)};
    return stored;
}

StoredStream load_stream(postgres::Transaction& transaction, const postgres::Row& row) {
    StoredStream stored = declared_stream(row);
    stored.schema = resolve_schema(transaction, stored.stream);
    stored.checks = resolve_checks(transaction, stored.stream.name);
    stored.share = read_share(transaction);
    return stored;
}

// The text says names as its author wrote them; the catalogue says what they meant when it was
// applied.
void qualify(sql::Statement& statement, const sql::RelationName& target) {
    if (auto* rows = std::get_if<sql::RowStatement>(&statement.body)) rows->target = target;
    if (auto* view = std::get_if<sql::ViewStatement>(&statement.body)) view->name = target;
}

// Only what PostgreSQL has resolved is run; the text itself tells what sort of statement it is.
void read_parts(StoredStatement& stored, const sql::Stream& stream) {
    if (!stored.resolution.text.empty()) return adopt(stored, {stream});
    sql::Statement& statement = stored.statement;
    const std::string text = statement.text;
    statement = sql::parse_statement(text, {stream}, {{stream.name.schema}, {}});
}

StoredStatement load_statement(const Catalogue& catalogue, const postgres::Row& row) {
    StoredStatement stored{read_columns(row), {}};
    const sql::Stream& stream = catalogue.stream(stored.stream_id).stream;
    stored.statement.text = row.text(statement_text);
    read_parts(stored, stream);
    stored.statement.name = row.text(statement_name);
    stored.statement.fingerprint = row.text(fingerprint);
    stored.statement.position = {row.text(file), static_cast<int>(row.integer(line)), 1};
    stored.statement.stream = stream.name;
    qualify(stored.statement, {row.text(target_schema), row.text(target_name)});
    return stored;
}

// One snapshot for all of it: an `apply` in between must be seen whole or not at all.
Catalogue load_snapshot(postgres::Connection& connection) {
    postgres::Transaction transaction(connection);
    transaction.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    Catalogue catalogue = read_catalogue(transaction);
    transaction.commit();
    return catalogue;
}

}  // namespace

std::vector<int> partitions_read(const sql::Statement& statement, const StoredStream& stream) {
    std::vector<int> partitions = sql::partitions_read(statement, stream.stream);
    std::erase_if(partitions, [&](int partition) { return !stream.share.has(partition); });
    return partitions;
}

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

const StoredStatement* Catalogue::find_given(const std::string& name) const {
    std::vector<std::string> labels;
    for (const StoredStatement& each : statements)
        labels.push_back(each.statement.name);
    return find_statement(sql::find_label(labels, name, search_path));
}

// PostgreSQL's own functions (to_regclass, pg_get_expr, format_type) ignore the snapshot: where an
// `apply` has just replaced a stream, their results don't fit the rest, or are missing.
Catalogue load_catalogue(postgres::Connection& connection) {
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

Catalogue read_catalogue(postgres::Transaction& transaction) {
    require_current(transaction);
    Catalogue catalogue;
    catalogue.version =
        transaction.query("SELECT version FROM tidewheel.catalogue").at(0).integer(0);
    for (const postgres::Row& row : transaction.query(streams_query))
        catalogue.streams.push_back(load_stream(transaction, row));
    for (const postgres::Row& row : transaction.query(statements_query))
        catalogue.statements.push_back(load_statement(catalogue, row));
    for (const postgres::Row& row : transaction.query(paused_streams_query))
        catalogue.paused_streams.insert(static_cast<int>(row.integer(0)));
    catalogue.search_path = own_search_path(transaction);
    return catalogue;
}

void resolve_missing(postgres::Transaction& transaction) {
    Catalogue declared;  // a table that was dropped may be missing
    for (const postgres::Row& row : transaction.query(streams_query))
        declared.streams.push_back(declared_stream(row));
    for (const postgres::Row& row : transaction.query(statements_query)) {
        if (!read_columns(row).resolution.text.empty()) continue;
        const StoredStatement stored = load_statement(declared, row);
        transaction.run("SAVEPOINT tidewheel_missing");
        try {
            transaction.run("SET LOCAL search_path = " + stored.search_path);
            const auto* view = std::get_if<sql::ViewStatement>(&stored.statement.body);
            const Resolution resolution =
                resolve(transaction, stored.statement, view ? view->name : sql::RelationName());
            record_resolution(transaction, stored.id, resolution);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::refused && error.kind() != Error::Kind::pipeline)
                throw;
            transaction.run("ROLLBACK TO tidewheel_missing");
        }
        transaction.run("RELEASE tidewheel_missing");
    }
}

std::int64_t catalogue_version(postgres::Connection& connection) {
    try {
        return connection.query("SELECT version FROM tidewheel.catalogue").at(0).integer(0);
    } catch (const postgres::DatabaseError& error) {
        if (error.sqlstate() != postgres::sqlstate::undefined_table) throw;
        throw no_catalogue(connection.query("SELECT current_database()").at(0).text(0));
    }
}

}  // namespace tidewheel::catalogue
