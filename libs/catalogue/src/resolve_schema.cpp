#include <algorithm>

#include "tidewheel/catalogue/catalogue.hpp"
#include "type_columns.hpp"

namespace tidewheel::catalogue {
namespace {

using engine::Kind;

// A default's functions and operators are read off its node tree, as are the two things that call a
// function without naming it: CURRENT_DATE and its like, and a conversion through a type's text
// form ('now'::text::timestamptz).
const std::string columns_query = std::string(R"(
    SELECT a.attname, a.attnotnull,
           a.attgenerated <> '' OR a.attidentity <> '' AS generated,
           pg_get_expr(d.adbin, d.adrelid) AS fallback,
           d.adbin::text ~ '{(SQLVALUEFUNCTION|NEXTVALUEEXPR) ' OR EXISTS (
               SELECT FROM regexp_matches(d.adbin::text, ':(?:op)?funcid (\d+)', 'g') AS called
                      JOIN pg_proc p ON p.oid = called[1]::oid
               WHERE p.provolatile <> 'i') OR EXISTS (
               SELECT FROM regexp_matches(d.adbin::text, ':resulttype (\d+)', 'g') AS made
                      JOIN pg_type r ON r.oid = made[1]::oid JOIN pg_proc p ON p.oid = r.typinput
               WHERE d.adbin::text ~ '{COERCEVIAIO ' AND p.provolatile <> 'i') AS mutable, )") +
                                  type_columns + R"(
    FROM pg_attribute a
         JOIN pg_type t ON t.oid = a.atttypid
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum)";
enum ColumnsQuery { attname, not_null, generated, fallback, is_mutable, first_of_type };

constexpr const char* checks_query = R"(
    SELECT c.conname, pg_get_expr(c.conbin, c.conrelid), a.attname
    FROM pg_constraint c
         LEFT JOIN pg_attribute a ON a.attrelid = c.conrelid AND cardinality(c.conkey) = 1 AND a.attnum = c.conkey[1]
    WHERE c.conrelid = $1::oid AND c.contype = 'c'
    ORDER BY c.conname)";

[[noreturn]] void refuse_column(const sql::RelationName& stream, const std::string& column,
                                const std::string& why, const std::string& hint) {
    throw Error(Error::Kind::pipeline,
                "column " + column + " of stream " + stream.text() + ": " + why, hint);
}

std::string relation_oid(postgres::Transaction& transaction, const sql::RelationName& stream) {
    const postgres::Row row =
        transaction.query("SELECT to_regclass($1)::oid", {stream.quoted()}).front();
    if (row.is_null(0))
        throw Error(Error::Kind::refused, "stream " + stream.text() + " is not in the database",
                    "Run `tidewheel apply`.");
    return row.text(0);
}

// Under this search path PostgreSQL prints every name that is not its own with its schema, so that
// the text means the same in any session.
template <class Action>
auto with_plain_search_path(postgres::Transaction& transaction, Action&& action) {
    const std::string before = transaction.query("SHOW search_path").front().text(0);
    const auto set = [&](const std::string& path) {
        transaction.query("SELECT set_config('search_path', $1, true)", {path});
    };
    set("pg_catalog");
    auto result = action();
    set(before);
    return result;
}

std::optional<std::string> evaluate_default(postgres::Transaction& transaction,
                                            const sql::RelationName& stream,
                                            const postgres::Row& row,
                                            std::optional<engine::EpochUnit> epoch) {
    if (row.is_null(fallback)) return std::nullopt;
    if (row.boolean(is_mutable))
        refuse_column(stream, row.text(attname),
                      "its DEFAULT " + row.text(fallback) + " is not immutable",
                      "A record that is read again must give the same row. Use a constant, or give "
                      "the target column the DEFAULT.");
    std::string value =
        "CAST((" + row.text(fallback) + ") AS " + read_type(row, first_of_type).sql + ")";
    if (epoch)
        value = "extract(epoch FROM " + value + ") * 1e" + std::to_string(static_cast<int>(*epoch));
    try {
        return transaction.query("SELECT to_jsonb(" + value + ")").front().field(0);
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        refuse_column(stream, row.text(attname),
                      "its DEFAULT can't be evaluated: " + std::string(error.what()), error.hint());
    }
}

bool can_be_epoch(Kind kind) {
    return kind == Kind::timestamptz || kind == Kind::timestamp || kind == Kind::date;
}

engine::Column column_of(postgres::Transaction& transaction, const sql::Stream& stream,
                         const postgres::Row& row) {
    const std::string& name = row.text(attname);
    if (row.boolean(generated))
        refuse_column(stream.name, name, "it is generated",
                      "Compute it in the statements that read the stream.");
    const auto declared = std::ranges::find(stream.columns, name, &sql::StreamColumn::name);
    if (declared == stream.columns.end())
        throw Error(Error::Kind::refused,
                    "column " + name + " of stream " + stream.name.text() +
                        " was not created by `tidewheel apply`",
                    "Drop it, or add it to the pipeline and run `tidewheel apply`.");
    engine::Column column;
    column.name = name;
    column.type = read_type(row, first_of_type);
    column.not_null = row.boolean(not_null);
    column.source = declared->source;
    column.path = declared->path;
    // JSON has no bytes; Avro has, and a key is JSON.
    const bool is_of_avro = stream.format == "avro" && column.source == engine::ColumnOrigin::field;
    if (column.type.kind == Kind::bytea && !column.path.empty() && !is_of_avro)
        column.type.kind = Kind::other;
    column.header = declared->header;
    column.epoch = declared->epoch;
    if (column.epoch && !can_be_epoch(column.type.kind))
        refuse_column(stream.name, name,
                      "it has the option epoch, and its type is " + column.type.sql,
                      "Declare it as timestamptz, timestamp or date, or leave the option out.");
    if (is_of_avro && column.type.kind == Kind::bytea && !row.is_null(fallback))
        refuse_column(stream.name, name, "it is a field of type bytea and has a DEFAULT",
                      "Leave the DEFAULT out, and give it to the target's column.");
    column.fallback = evaluate_default(transaction, stream.name, row, column.epoch);
    return column;
}

int option_column(const engine::Schema& schema, const sql::Stream& stream,
                  const std::string& option, const std::string& name) {
    if (name.empty()) return -1;
    const int column = schema.find(name);
    if (column < 0)
        throw Error(Error::Kind::pipeline, "stream " + stream.name.text() + ": option " + option +
                                               " names column " + name + ", which does not exist");
    return column;
}

void resolve_options(engine::Schema& schema, const sql::Stream& stream) {
    schema.event_time = option_column(schema, stream, "event_time", stream.event_time);
    if (schema.event_time >= 0) {
        const engine::Column& column = schema.columns[static_cast<std::size_t>(schema.event_time)];
        if (column.type.kind != Kind::timestamptz && column.type.kind != Kind::timestamp)
            refuse_column(stream.name, column.name,
                          "it is the event time, and its type is " + column.type.sql,
                          "Declare it as timestamptz.");
    }
    schema.route.column = option_column(schema, stream, "route", stream.route);
    schema.route.rules = stream.rules;
    schema.ignores_tombstones = stream.ignores_tombstones;
    schema.needed.assign(schema.columns.size(), true);
}

void require_all_columns(const engine::Schema& schema, const sql::Stream& stream) {
    for (const sql::StreamColumn& declared : stream.columns)
        if (schema.find(declared.name) < 0)
            throw Error(Error::Kind::refused,
                        "stream " + stream.name.text() + " no longer has its column " +
                            declared.name + " in the database",
                        "Add it again, or drop the stream and run `tidewheel apply`.");
}

// A field of CSV is a text, which becomes a string for PostgreSQL to convert. A domain would take that
// string as its JSON.
void refuse_domains_of_json(postgres::Transaction& transaction, const sql::Stream& stream,
                            const std::string& oid) {
    const postgres::Rows domains = transaction.query(
        R"(SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a
           WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped AND EXISTS (
               WITH RECURSIVE base(type) AS (
                   SELECT a.atttypid
                   UNION SELECT t.typbasetype FROM base JOIN pg_type t ON t.oid = type WHERE t.typtype = 'd')
               SELECT FROM base WHERE type IN ('json'::regtype, 'jsonb'::regtype) AND type <> a.atttypid))",
        {oid});
    for (const postgres::Row& row : domains)
        refuse_column(stream.name, row.text(0),
                      "its type " + row.text(1) +
                          " is a domain of JSON, which a field of the format csv can't be",
                      "Declare it as json or jsonb, and convert it in the statements.");
}

}  // namespace

engine::Schema resolve_schema(postgres::Transaction& transaction, const sql::Stream& stream) {
    const std::string oid = relation_oid(transaction, stream.name);
    return with_plain_search_path(transaction, [&] {
        engine::Schema schema;
        for (const postgres::Row& row : transaction.query(columns_query, {oid}))
            schema.columns.push_back(column_of(transaction, stream, row));
        if (stream.format == "csv") refuse_domains_of_json(transaction, stream, oid);
        require_all_columns(schema, stream);
        resolve_options(schema, stream);
        return schema;
    });
}

std::vector<CheckRule> resolve_checks(postgres::Transaction& transaction,
                                      const sql::RelationName& stream) {
    const std::string oid = relation_oid(transaction, stream);
    return with_plain_search_path(transaction, [&] {
        std::vector<CheckRule> checks;
        for (const postgres::Row& row : transaction.query(checks_query, {oid}))
            checks.push_back({row.text(0), row.text(1), row.text_or(2, "")});
        return checks;
    });
}

}  // namespace tidewheel::catalogue
