#include "tidewheel/catalogue/catalogue_rows.hpp"

#include <algorithm>

#include "statement_columns.hpp"
#include "tidewheel/catalogue/catalogue_lock.hpp"
#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::catalogue {
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
    constexpr std::size_t own = statement_column_count;
    return {read_columns(row),
            row.text(own),
            row.text(own + 1) == "view",
            {row.text(own + 2), row.text(own + 3)},
            row.boolean(own + 4),
            read_origin(row, own + 5),
            row.text(own + 9)};
}

}  // namespace

const AppliedStream* CatalogueRows::stream(const sql::RelationName& name) const {
    return find_in(streams, [&](const AppliedStream& stream) { return stream.name == name; });
}
const AppliedStream* CatalogueRows::stream(int id) const {
    return find_in(streams, [&](const AppliedStream& stream) { return stream.id == id; });
}
const AppliedStatement* CatalogueRows::statement(const std::string& name) const {
    return find_in(statements,
                   [&](const AppliedStatement& statement) { return statement.name == name; });
}
const AppliedStatement* CatalogueRows::statement(int id) const {
    return find_in(statements,
                   [&](const AppliedStatement& statement) { return statement.id == id; });
}
const AppliedObject* CatalogueRows::object(const std::string& object) const {
    return find_in(objects, [&](const AppliedObject& applied) { return applied.object == object; });
}

const AppliedStatement* CatalogueRows::given_statement(const std::string& name) const {
    std::vector<std::string> labels;
    for (const AppliedStatement& each : statements)
        labels.push_back(each.name);
    return statement(sql::find_label(labels, name, search_path));
}

const AppliedStream* CatalogueRows::given_stream(const std::string& name) const {
    std::vector<std::string> labels;
    for (const AppliedStream& each : streams)
        labels.push_back(sql::label(each.name));
    const std::string found = sql::find_label(labels, name, search_path);
    return found.empty() ? nullptr : stream(sql::name_of(found));
}

std::optional<sql::RelationName> sink_of(const AppliedObject& object) {
    constexpr std::string_view kind = "sink ";
    if (object.kind != "sink" || !object.object.starts_with(kind)) return std::nullopt;
    sql::RelationName name = sql::name_of(std::string_view(object.object).substr(kind.size()));
    return name;
}

const AppliedObject* CatalogueRows::given_sink(const std::string& name) const {
    std::vector<std::string> labels;
    for (const AppliedObject& each : objects)
        if (const auto sink = sink_of(each)) labels.push_back(sql::label(*sink));
    const std::string label = name.starts_with("sink ") ? name.substr(5) : name;
    return object("sink " + sql::find_label(labels, label, search_path));
}

void lock_catalogue(Transaction& transaction) {
    transaction.query(std::string("SELECT pg_advisory_xact_lock(") + catalogue_lock + ")");
}

CatalogueRows read_catalogue_rows(Transaction& transaction) {
    CatalogueRows catalogue_rows;
    for (const Row& row : transaction.query("SELECT id, schema_name, name, topic, partitions, "
                                            "is_foreign, text, fingerprint, file, line "
                                            "FROM tidewheel.streams ORDER BY id"))
        catalogue_rows.streams.push_back(read_stream(row));
    for (const Row& row : transaction.query(
             std::string(statement_columns) +
             "name, kind, target_schema, target_name, changed_at IS NOT NULL, text, fingerprint, "
             "file, line, (parse_ident(substring(search_path FROM "
             "'^(\"(?:[^\"]|\"\")*\"|[^,]+)')))[1] FROM tidewheel.statements WHERE rebuilds IS "
             "NULL ORDER BY id"))
        catalogue_rows.statements.push_back(read_statement(row));
    for (const Row& row :
         transaction.query("SELECT object, kind, text, fingerprint, file, line, "
                           "coalesce(statement_id, 0) FROM tidewheel.objects ORDER BY 1"))
        catalogue_rows.objects.push_back(
            {row.text(0), row.text(1), read_origin(row, 2), static_cast<int>(row.integer(6))});
    catalogue_rows.search_path = own_search_path(transaction);
    return catalogue_rows;
}

std::vector<sql::Stream> declared_streams(const CatalogueRows& catalogue_rows) {
    std::vector<sql::Stream> streams;
    for (const AppliedStream& applied : catalogue_rows.streams) {
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

// It takes the lowest group number that no other stream of its topic has.
int record_stream(Transaction& transaction, const StoredStream& stored, const Origin& origin) {
    const sql::Stream& stream = stored.stream;
    const auto rows = transaction.query(
        "INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, "
        "fingerprint, file, line, group_number) "
        "SELECT $1, $2, $3, $4::integer, $5::boolean, $6, $7, $8, $9::integer, min(n) FROM "
        "generate_series(1, (SELECT count(*) + 1 FROM tidewheel.streams WHERE topic = $3)) n WHERE "
        "NOT EXISTS (SELECT FROM tidewheel.streams o WHERE o.topic = $3 AND o.group_number = n) "
        "RETURNING id",
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

void record_statement(Transaction& transaction, const StoredStatement& stored,
                      const StoredStream& stream) {
    const sql::Statement& statement = stored.statement;
    const auto* view = std::get_if<sql::ViewStatement>(&statement.body);
    const sql::RelationName& target =
        view ? view->name : std::get<sql::RowStatement>(statement.body).target;
    const Origin origin = origin_of(statement);
    transaction.query(
        "INSERT INTO tidewheel.statements (id, name, kind, stream_id, target_schema, target_name, "
        "state_table, search_path, text, "
        "fingerprint, file, line, resolved, objects) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, "
        "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        {std::to_string(stored.id), statement.name, view ? "view" : "rows",
         std::to_string(stream.id), target.schema, target.name,
         view ? Parameter(stored.state_table) : Parameter(), stored.search_path, origin.text,
         origin.fingerprint, origin.file, std::to_string(origin.line), stored.resolution.text,
         stored.resolution.objects});
    for (const int partition : partitions_read(statement, stream))
        add_partition(transaction, stored.id, stream.stream.topic, partition);
}

void replace_statement(Transaction& transaction, const StoredStatement& stored) {
    const Origin origin = origin_of(stored.statement);
    transaction.query(
        "UPDATE tidewheel.statements SET search_path = $2, text = $3, fingerprint = $4, file = $5, "
        "line = $6, resolved = $7, objects = $8 WHERE id = $1",
        {std::to_string(stored.id), stored.search_path, origin.text, origin.fingerprint,
         origin.file, std::to_string(origin.line), stored.resolution.text,
         stored.resolution.objects});
}

void replace_stream(Transaction& transaction, const StoredStream& stored, const Origin& origin) {
    transaction.query(
        "UPDATE tidewheel.streams SET partitions = $2, text = $3, fingerprint = $4, file = $5, "
        "line = $6, changed_at = now() WHERE id = $1",
        {std::to_string(stored.id), std::to_string(stored.stream.partitions), origin.text,
         origin.fingerprint, origin.file, std::to_string(origin.line)});
}

void record_resolution(Transaction& transaction, int statement, const Resolution& resolution) {
    transaction.query("UPDATE tidewheel.statements SET resolved = $2, objects = $3 WHERE id = $1",
                      {std::to_string(statement), resolution.text, resolution.objects});
}

void record_pause(Transaction& transaction, int statement, bool is_paused) {
    transaction.query("UPDATE tidewheel.statements SET paused_at = " +
                          std::string(is_paused ? "now()" : "NULL") + " WHERE id = $1",
                      {std::to_string(statement)});
}

bool record_intake_pause(Transaction& transaction, int stream, bool is_paused) {
    return transaction
               .query("UPDATE tidewheel.streams SET intake_paused_at = " +
                          std::string(is_paused ? "now()" : "NULL") +
                          " WHERE id = $1 AND (intake_paused_at IS NULL) = $2::boolean",
                      {std::to_string(stream), is_paused ? "t" : "f"})
               .affected == 1;
}

bool mark_inconsistent(Transaction& transaction, int statement) {
    return !transaction
                .query(
                    "UPDATE tidewheel.statements SET changed_at = now() WHERE id = $1 AND EXISTS "
                    "(SELECT FROM tidewheel.progress WHERE statement_id = $1 AND next_offset > 0) "
                    "RETURNING 1",
                    {std::to_string(statement)})
                .empty();
}

void mark_consistent(Transaction& transaction, int statement) {
    transaction.query(
        "UPDATE tidewheel.statements SET changed_at = NULL, applied_at = now() WHERE id = $1",
        {std::to_string(statement)});
}

void record_object(Transaction& transaction, const std::string& object, const std::string& kind,
                   const Origin& origin, int view) {
    transaction.query(
        "INSERT INTO tidewheel.objects (object, kind, text, fingerprint, file, line, statement_id) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) "
        "ON CONFLICT (object) DO UPDATE SET kind = excluded.kind, text = excluded.text, "
        "fingerprint = excluded.fingerprint, "
        "file = excluded.file, line = excluded.line, statement_id = excluded.statement_id, "
        "applied_at = now()",
        {object, kind, origin.text, origin.fingerprint, origin.file, std::to_string(origin.line),
         view ? Parameter(std::to_string(view)) : Parameter()});
}

void forget_statement(Transaction& transaction, int statement) {
    transaction.query("DELETE FROM tidewheel.statements WHERE id = $1",
                      {std::to_string(statement)});
}

void forget_stream(Transaction& transaction, int stream) {
    transaction.query("DELETE FROM tidewheel.streams WHERE id = $1", {std::to_string(stream)});
}

void forget_object(Transaction& transaction, const std::string& object) {
    transaction.query("DELETE FROM tidewheel.objects WHERE object = $1", {object});
}

void make_shadow_of(Transaction& transaction, int shadow, int view) {
    transaction.query(
        "UPDATE tidewheel.statements s SET rebuilds = $2, fingerprint = s.fingerprint || ' ' || "
        "t.fingerprint FROM tidewheel.streams t WHERE s.id = $1 AND t.id = s.stream_id",
        {std::to_string(shadow), std::to_string(view)});
}

void swap_states(Transaction& transaction, int one, int other) {
    transaction.query(
        "UPDATE tidewheel.statements s SET state_table = o.state_table FROM tidewheel.statements o "
        "WHERE (s.id, o.id) IN (($1, $2), ($2, $1))",
        {std::to_string(one), std::to_string(other)});
}

void raise_version(Transaction& transaction) {
    transaction.query(std::string("SELECT pg_advisory_xact_lock(") + version_lock + ")");
    transaction.query("UPDATE tidewheel.catalogue SET version = version + 1");
}

}  // namespace tidewheel::catalogue
