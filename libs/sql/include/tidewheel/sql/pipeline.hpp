#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tidewheel/engine/csv_form.hpp"
#include "tidewheel/engine/schema.hpp"
#include "tidewheel/sql/diagnostic.hpp"
#include "tidewheel/sql/merge.hpp"
#include "tidewheel/sql/relation_name.hpp"
#include "tidewheel/sql/sink.hpp"
#include "tidewheel/sql/view_statement.hpp"

// A pipeline file, parsed and checked without a database, by libpg_query. PostgreSQL checks types,
// functions and tables, at `tidewheel apply`.
namespace tidewheel::sql {

// Where PostgreSQL looks for names without a schema.
struct Scope {
    std::vector<std::string> search_path = {"public"};  // new relations go to the first
    // Whether the database has a relation of this name, which is always qualified. Unset: only what
    // the text itself declares exists.
    std::function<bool(const RelationName&)> exists = {};
};

// --- CREATE FOREIGN TABLE … SERVER kafka

struct StreamColumn {
    std::string name;
    std::string type;  // as SQL: numeric(10, 2)
    bool not_null = false;
    engine::ColumnOrigin source = engine::ColumnOrigin::field;
    std::vector<std::string> path;                // for `field`
    std::string header;                           // for `header`
    std::string fallback;                         // the DEFAULT's expression as SQL; empty: none
    std::optional<engine::EpochUnit> epoch = {};  // a number of these since 1970
    bool operator==(const StreamColumn&) const = default;
};

struct Check {
    // The constraint's name; PostgreSQL's choice when the DDL gives none: store_events_qty_check.
    std::string name;
    std::string expression;  // SQL over the stream's columns
    std::string column;      // the column that it was written at; empty for a table constraint
    bool operator==(const Check&) const = default;
};

// Where tidewheel-ingress describes itself: no stream's.
inline constexpr std::string_view openapi_path = "/openapi.json";
// The header of a request that becomes one of its records.
inline constexpr std::string_view idempotency_header = "Idempotency-Key";

// From where tidewheel-source fetches the records of a stream: a websocket whose messages are
// records, or a body of JSON that is polled and whose elements are.
struct StreamSource {
    std::string url;  // as it is written; empty: the stream has no source
    bool is_websocket = false;
    std::string message;                    // sent after each connect; empty: none
    std::chrono::milliseconds interval{0};  // between two polls; 0: only by `tidewheel poll`
    std::vector<std::string> path;          // of the array in the body; empty: the body itself
    bool operator==(const StreamSource&) const = default;
};

struct Stream {
    RelationName name;
    std::string topic;
    int partitions = 1;
    int replication = -1;  // of a topic that apply creates; -1: the broker's default
    std::string format = "json";
    std::string registry;  // the URL of the one that has the schemas of records; empty: none
    std::string schema;    // that all are written with: its text, or its path until apply reads it
    engine::CsvForm csv;   // of the format csv: how its rows are written
    std::string event_time;  // a column; empty: none
    std::string route;       // the routing column; empty: none
    std::vector<engine::Route::Rule> rules;
    std::string key;      // the column whose value is the key of what is sent; empty: none
    std::string ingress;  // the path at which tidewheel-ingress takes records; empty: none
    // SHA-256 of the tokens of which a request must carry one, in hexadecimal; empty: no token.
    std::vector<std::string> ingress_tokens;
    // Names of secrets, one of which must sign each request; empty: no signature.
    std::vector<std::string> ingress_secrets;
    StreamSource source;
    // The table whose changes tidewheel-changefeed writes to the topic.
    std::optional<RelationName> changes_of;
    bool ignores_tombstones = false;
    std::vector<StreamColumn> columns;
    std::vector<Check> checks;
    std::string as_foreign_table;   // DDL to run
    std::string as_ordinary_table;  // the same shape, with no options and no server
    bool operator==(const Stream&) const = default;
};

// --- INSERT INTO … SELECT … FROM stream, MERGE INTO … USING stream

enum class OnConflict { none, nothing, update };

// An equality of a MERGE's ON: a column of the target is equal to something of the source.
struct MergeKey {
    std::string column;
    std::string converted_to;  // the type to which ON converts the column; empty: none
    std::string expression;    // SQL over the source
    // Each INSERT gives the column this very value, and no UPDATE changes it: so a record of one
    // key never makes a row of another.
    bool is_kept = false;
    bool operator==(const MergeKey&) const = default;
};

// MERGE INTO target AS alias USING … AS source ON … WHEN …, as it runs over some rows of the source
// that are of different keys.
struct MergeInto {
    std::string alias, source;                // as SQL
    std::vector<std::string> source_columns;  // that the source's alias gives; empty: its own
    std::string clauses;                      // "ON … WHEN …"
    std::vector<MergeKey> keys;               // known once PostgreSQL has qualified every column
    bool deletes = false;
    bool operator==(const MergeInto&) const = default;

    // `table`: the target, or a copy of it; `rows`: those of the source, as SQL.
    std::string over(const std::string& table, const std::string& rows) const {
        return "MERGE INTO " + table + " AS " + alias + " USING (" + rows + ") AS " + source + " " +
               clauses;
    }
};

// A continuous INSERT, in the two forms in which it can run (design note:
// docs/adr/0003-record-at-a-time.md), or a continuous MERGE, which has the record form alone.
struct RowStatement {
    RelationName target;  // a table; of a stream, its outbox (topic_target.hpp)
    std::optional<RelationName> into_stream = {};
    // As named in the INSERT; empty: the table's first columns in order. Of a MERGE: those that each
    // of its INSERTs fills, if any.
    std::vector<std::string> target_columns;
    OnConflict on_conflict = OnConflict::none;
    bool has_conflict_target = false;  // ON CONFLICT (…) or ON CONSTRAINT …
    // ON CONFLICT (…); empty when it names a constraint or nothing.
    std::vector<std::string> conflict_columns;
    std::string conflict_constraint;  // ON CONFLICT ON CONSTRAINT …
    bool conflict_is_plain = false;  // only columns: no expression, operator class or partial index
    std::string conflict_clause;     // "ON CONFLICT (id) DO UPDATE SET …", empty: none
    // DO UPDATE whose every SET is `column = excluded.column`, without WHERE: the columns it sets.
    std::optional<std::vector<std::string>> replaced_columns;

    // Whether the order of the records matters to the result within a batch, or now() is used: then
    // it runs record by record.
    bool needs_order = false;
    // Rows come out in the records' order, with every plan.
    bool keeps_order = true;
    bool uses_now = false;

    // The batch form: the statement with pg_temp's view of the stream's name in the stream's place.
    std::string batch_insert;
    // The record form: a SELECT that yields `tidewheel_seq` (the record's number in the batch) and
    // then the target columns, one record at a time: "SELECT r.tidewheel_seq, q.* FROM
    // tidewheel_records r CROSS JOIN LATERAL (…) q". now() and its relatives are
    // r.tidewheel_timestamp there.
    std::string record_select;
    // A MERGE: on_conflict is `update`, as of what applies the records of a key in their order; the
    // record form yields the columns of its source.
    std::optional<MergeInto> merge = {};
    // The rows of a view: the place of each record is stored with them (catalogue/state_table.hpp).
    bool keeps_places = false;
    bool operator==(const RowStatement&) const = default;
};

// --- any statement

// Any other DDL: applied as it stands, once; again when its text changes where that is harmless
// (COMMENT, GRANT, OR REPLACE).
struct PlainStatement {
    std::string kind;    // for messages: CREATE TABLE, COMMENT…
    std::string object;  // what it makes or touches: the key under which the catalogue remembers it
    bool repeatable = false;
    std::optional<RelationName> relation = {};  // the table, view, sequence or index that it makes
    std::optional<RelationName> indexed = {};   // CREATE INDEX: what the index is on
    std::optional<Sink> sink = {};              // CREATE FOREIGN TABLE of another server than kafka
    bool operator==(const PlainStatement&) const = default;
};

struct Statement {
    // A label, unique in the catalogue: of the stream, the view, the target table, or of what
    // `-- name: x` says, in the schema that new relations go to.
    std::string name;
    std::string text;  // its own text, without the closing semicolon
    Position position;
    // Equal for texts that differ only in white space, comments or the case of keywords.
    std::string fingerprint;
    std::optional<RelationName> stream;  // for rows and views: what it reads
    // WHERE pins the routing column to one of these values.
    std::optional<std::vector<std::string>> route_values;
    // For rows and views: the SELECT as SQL, with pg_temp's view of the stream's name in the
    // stream's place (verify runs it).
    std::string select;
    std::variant<Stream, RowStatement, ViewStatement, PlainStatement> body;
    bool operator==(const Statement&) const = default;
};

struct Pipeline {
    std::vector<Statement> statements;  // in the order of the file
};

// Reads a pipeline. `known` are streams declared elsewhere (other files, the catalogue), by name,
// so that statements may read them; `scope` says what a name means. Throws PipelineError with
// everything that is wrong, not just the first.
Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const std::vector<Stream>& known = {}, const Scope& scope = {});

// The streams, tables and views that a text declares, as far as it can be read; streams with
// mistakes in them, too.
struct DeclaredRelation {
    RelationName name;
    Position position;
    bool is_stream = false;
};
std::vector<DeclaredRelation> relations_declared_in(std::string_view text, const std::string& file);

// One statement out of the catalogue, that parse_pipeline accepted before.
Statement parse_statement(std::string_view text, const std::vector<Stream>& known,
                          const Scope& scope = {});

// A CREATE MATERIALIZED VIEW with blanks in the place of its WITH (…), which PostgreSQL doesn't know.
std::string without_options(std::string_view view);
// The SELECT of a CREATE MATERIALIZED VIEW, names as they are written there.
std::string query_of(std::string_view view);
// A statement with the query that PostgreSQL has resolved in the place of its own: for an INSERT
// the whole of it, which goes to the columns that the statement names, or to the table's first
// ones; for a view, called `name`, its SELECT.
std::string with_resolved(std::string_view text, const std::string& resolved,
                          const RelationName& name);

// Of a view that PostgreSQL has resolved: what tells whether an aggregate computes in double
// precision, which only PostgreSQL knows. A view keeps other partial states then.
struct FloatQuestions {
    std::string query;  // a SELECT with a column for each question; empty: none
    std::vector<std::string>
        types;  // by column: an aggregate does so if the column is of this type
};
// `stream`: the view's.
FloatQuestions float_questions(std::string_view view, const Stream& stream);
// The view with a cast to double precision on the arguments of the aggregates that do so, which
// says it in the text. `is_float`: by question.
std::string with_float_casts(std::string_view view, const Stream& stream,
                             const std::vector<bool>& is_float);

// Which of the stream's partitions a statement has to read: those that the route allows for its
// pinned values; all, if nothing is pinned.
std::vector<int> partitions_read(const Statement& statement, const Stream& stream);

}  // namespace tidewheel::sql
