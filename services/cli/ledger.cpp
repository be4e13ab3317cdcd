#include "cli/ledger.hpp"

#include <algorithm>

#include "tidewheel/core/error.hpp"
#include "tidewheel/postgres/catalogue_lock.hpp"

namespace tidewheel::cli {
namespace {

using postgres::Parameter;
using postgres::Row;
using postgres::Transaction;

template <class Items, class Predicate>
auto find_in(const Items& items, Predicate predicate) {
    const auto found = std::find_if(items.begin(), items.end(), predicate);
    return found == items.end() ? nullptr : &*found;
}

Origin read_origin(const Row& row, std::size_t first) {
    return {row.text(first), row.text(first + 1), row.text(first + 2),
            static_cast<int>(row.integer(first + 3))};
}

AppliedStream read_stream(const Row& row) {
    return {static_cast<int>(row.integer(0)),
            {row.text(1), row.text(2)},
            row.text(3),
            static_cast<int>(row.integer(4)),
            row.boolean(5),
            read_origin(row, 6)};
}

AppliedStatement read_statement(const Row& row) {
    return {static_cast<int>(row.integer(0)),
            row.text(1),
            row.text(2) == "view",
            static_cast<int>(row.integer(3)),
            {row.text(4), row.text(5)},
            row.text_or(6, ""),
            row.text(7),
            row.boolean(8),
            row.boolean(9),
            read_origin(row, 10)};
}

}  // namespace

const AppliedStream* Ledger::stream(const sql::RelationName& name) const {
    return find_in(streams, [&](const AppliedStream& stream) { return stream.name == name; });
}
const AppliedStream* Ledger::stream(int id) const {
    return find_in(streams, [&](const AppliedStream& stream) { return stream.id == id; });
}
const AppliedStatement* Ledger::statement(const std::string& name) const {
    return find_in(statements,
                   [&](const AppliedStatement& statement) { return statement.name == name; });
}
const AppliedObject* Ledger::object(const std::string& object) const {
    return find_in(objects, [&](const AppliedObject& applied) { return applied.object == object; });
}

void lock_catalogue(Transaction& transaction) {
    transaction.query(std::string("SELECT pg_advisory_xact_lock(") + postgres::catalogue_lock +
                      ")");
}

Ledger read_ledger(Transaction& transaction) {
    Ledger ledger;
    for (const Row& row : transaction.query("SELECT id, schema_name, name, topic, partitions, "
                                            "is_foreign, text, fingerprint, file, line "
                                            "FROM tidewheel.streams ORDER BY id"))
        ledger.streams.push_back(read_stream(row));
    for (const Row& row :
         transaction.query("SELECT id, name, kind, stream_id, target_schema, target_name, "
                           "state_table, search_path, "
                           "paused_at IS NOT NULL, changed_at IS NOT NULL, text, fingerprint, "
                           "file, line FROM tidewheel.statements WHERE "
                           "rebuilds IS NULL ORDER BY id"))
        ledger.statements.push_back(read_statement(row));
    for (const Row& row : transaction.query("SELECT object, kind, text, fingerprint, file, line "
                                            "FROM tidewheel.objects ORDER BY 1"))
        ledger.objects.push_back({row.text(0), row.text(1), read_origin(row, 2)});
    return ledger;
}

std::vector<sql::Stream> declared_streams(const Ledger& ledger) {
    std::vector<sql::Stream> streams;
    for (const AppliedStream& applied : ledger.streams) {
        sql::Pipeline pipeline = sql::parse_pipeline(applied.origin.text, applied.origin.file);
        auto* stream = std::get_if<sql::Stream>(&pipeline.statements.at(0).body);
        if (!stream)
            throw Error(Error::Kind::refused, "the catalogue's text of stream " +
                                                  applied.name.text() + " declares no stream");
        stream->name = applied.name;
        streams.push_back(std::move(*stream));
    }
    return streams;
}

Origin origin_of(const sql::Statement& statement) {
    return {statement.text, statement.fingerprint, statement.position.file,
            statement.position.line};
}

int record_stream(Transaction& transaction, const postgres::StoredStream& stored,
                  const Origin& origin) {
    const sql::Stream& stream = stored.stream;
    const auto rows = transaction.query(
        "INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, "
        "fingerprint, file, line) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        {stream.name.schema, stream.name.name, stream.topic, std::to_string(stream.partitions),
         stored.is_foreign ? "t" : "f", origin.text, origin.fingerprint, origin.file,
         std::to_string(origin.line)});
    return static_cast<int>(rows[0].integer(0));
}

int next_statement_id(Transaction& transaction) {
    return static_cast<int>(
        transaction.query("SELECT nextval(pg_get_serial_sequence('tidewheel.statements', 'id'))")[0]
            .integer(0));
}

void record_statement(Transaction& transaction, const postgres::StoredStatement& stored,
                      const postgres::StoredStream& stream) {
    const sql::Statement& statement = stored.statement;
    const auto* view = std::get_if<sql::ViewStatement>(&statement.body);
    const sql::RelationName& target =
        view ? view->name : std::get<sql::RowStatement>(statement.body).target;
    const Origin origin = origin_of(statement);
    transaction.query(
        "INSERT INTO tidewheel.statements (id, name, kind, stream_id, target_schema, target_name, "
        "state_table, search_path, text, "
        "fingerprint, file, line) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
        "$9, $10, $11, $12)",
        {std::to_string(stored.id), statement.name, view ? "view" : "rows",
         std::to_string(stream.id), target.schema, target.name,
         view ? Parameter(stored.state_table) : Parameter(), stored.search_path, origin.text,
         origin.fingerprint, origin.file, std::to_string(origin.line)});
    for (const int partition : sql::partitions_read(statement, stream.stream))
        transaction.query(
            "INSERT INTO tidewheel.progress (statement_id, topic, partition) VALUES ($1, $2, $3)",
            {std::to_string(stored.id), stream.stream.topic, std::to_string(partition)});
}

void replace_statement(Transaction& transaction, const postgres::StoredStatement& stored) {
    const Origin origin = origin_of(stored.statement);
    transaction.query(
        "UPDATE tidewheel.statements SET search_path = $2, text = $3, fingerprint = $4, file = $5, "
        "line = $6 WHERE id = $1",
        {std::to_string(stored.id), stored.search_path, origin.text, origin.fingerprint,
         origin.file, std::to_string(origin.line)});
}

void replace_stream(Transaction& transaction, const postgres::StoredStream& stored,
                    const Origin& origin) {
    transaction.query(
        "UPDATE tidewheel.streams SET partitions = $2, text = $3, fingerprint = $4, file = $5, "
        "line = $6, changed_at = now() WHERE id = $1",
        {std::to_string(stored.id), std::to_string(stored.stream.partitions), origin.text,
         origin.fingerprint, origin.file, std::to_string(origin.line)});
}

bool mark_mixed(Transaction& transaction, int statement) {
    return !transaction
                .query(
                    "UPDATE tidewheel.statements SET changed_at = now() WHERE id = $1 AND EXISTS "
                    "(SELECT FROM tidewheel.progress WHERE statement_id = $1 AND next_offset > 0) "
                    "RETURNING 1",
                    {std::to_string(statement)})
                .empty();
}

void mark_whole(Transaction& transaction, int statement) {
    transaction.query(
        "UPDATE tidewheel.statements SET changed_at = NULL, applied_at = now() WHERE id = $1",
        {std::to_string(statement)});
}

void record_object(Transaction& transaction, const std::string& object, const std::string& kind,
                   const Origin& origin) {
    transaction.query(
        "INSERT INTO tidewheel.objects (object, kind, text, fingerprint, file, line) VALUES ($1, "
        "$2, $3, $4, $5, $6) "
        "ON CONFLICT (object) DO UPDATE SET kind = excluded.kind, text = excluded.text, "
        "fingerprint = excluded.fingerprint, "
        "file = excluded.file, line = excluded.line, applied_at = now()",
        {object, kind, origin.text, origin.fingerprint, origin.file, std::to_string(origin.line)});
}

void raise_version(Transaction& transaction) {
    transaction.query("UPDATE tidewheel.catalogue SET version = version + 1");
}

}  // namespace tidewheel::cli
