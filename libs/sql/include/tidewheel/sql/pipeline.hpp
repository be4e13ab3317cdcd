#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tidewheel/engine/schema.hpp"
#include "tidewheel/sql/diagnostic.hpp"

// A pipeline file, read and judged without a database: what libpg_query can tell. Types, functions
// and tables are PostgreSQL's to check, at `tidewheel apply`.
namespace tidewheel::sql {

struct RelationName {
    std::string schema;  // empty: found by the search path
    std::string name;

    std::string quoted() const;  // as SQL: "My schema".t
    std::string text() const;    // for messages: schema.name
    auto operator<=>(const RelationName&) const = default;
};

// --- CREATE FOREIGN TABLE … SERVER kafka
// -------------------------------------------------------------------------------

struct StreamColumn {
    std::string name;
    std::string type;  // as SQL: numeric(10, 2)
    bool not_null = false;
    engine::Source source = engine::Source::field;
    std::vector<std::string> path;  // for `field`
    std::string header;             // for `header`
    std::string fallback;           // the DEFAULT's expression as SQL; empty: none
};

struct Check {
    std::string name;        // constraint name; PostgreSQL's choice when the DDL gives none, e.g.
                             // store_events_qty_check
    std::string expression;  // SQL over the stream's columns
    std::string column;      // the column that it was written at; empty for a table constraint
};

struct Stream {
    RelationName name;
    std::string topic;
    int partitions = 1;
    int replication =
        -1;  // option replication: for a topic that apply creates; -1: the broker's default
    std::string format = "json";
    std::string event_time;  // a column; empty: none
    std::string route;       // the routing column; empty: none
    std::vector<engine::Route::Rule> rules;
    std::vector<StreamColumn> columns;
    std::vector<Check> checks;
    std::string as_foreign_table;  // DDL to run
    std::string
        as_ordinary_table;  // the same shape without a foreign-data wrapper (no options, no server)
};

// --- INSERT INTO … SELECT … FROM stream
// ---------------------------------------------------------------------------------

enum class OnConflict { none, nothing, update };

// A continuous INSERT, in the two forms in which it can run (design note:
// docs/adr/0003-record-at-a-time.md).
struct RowStatement {
    RelationName target;
    std::vector<std::string>
        target_columns;  // as named in the INSERT; empty: the table's first columns in order
    OnConflict on_conflict = OnConflict::none;
    std::vector<std::string>
        conflict_columns;  // ON CONFLICT (…); empty when it names a constraint or nothing
    std::string conflict_constraint;  // ON CONFLICT ON CONSTRAINT …
    bool conflict_is_plain = false;  // only columns: no expression, operator class or partial index
    std::string conflict_clause;     // "ON CONFLICT (id) DO UPDATE SET …", empty: none
    // DO UPDATE whose every SET is `column = excluded.column`, without WHERE: the columns it sets.
    std::optional<std::vector<std::string>> replaced_columns;

    // Whether the order of the records matters to the result within a batch, or now() is used: then
    // it runs record by record.
    bool needs_order = false;
    bool uses_now = false;

    // The batch form: the statement's own text with the stream's name unqualified, so that the
    // session's view hides it.
    std::string batch_insert;
    // The record form: a SELECT that yields `tidewheel_seq` (the record's number in the batch) and
    // then the target columns, one record at a time: "SELECT r.tidewheel_seq, q.* FROM
    // tidewheel_records r CROSS JOIN LATERAL (…) q". now() and its relatives are
    // r.tidewheel_timestamp there.
    std::string record_select;
};

// --- CREATE MATERIALIZED VIEW … AS SELECT … FROM stream … GROUP BY …
// --------------------------------------------------------

// How the stored value of a partial aggregate and the one of a new batch become one.
enum class Merge { add, least, greatest, logical_and, logical_or };

struct Partial {
    std::string column;      // its name in the state table: a1, a2, …
    std::string expression;  // SQL over the stream: sum(price * qty) FILTER (WHERE …)
    Merge merge;
};

struct Key {
    std::string column;  // its name in the state table: k1, k2, …
    std::string expression;
};

struct ViewStatement {
    RelationName name;
    std::vector<std::string>
        output_columns;     // CREATE MATERIALIZED VIEW v (a, b): empty when not given
    std::vector<Key> keys;  // empty: no GROUP BY, one row
    std::vector<Partial> partials;
    std::string from;   // the FROM list as SQL, the stream's name unqualified
    std::string where;  // empty: none
    // The finishing SELECT around the state table: "SELECT k1 AS hour, …, a1 AS sales FROM ", "
    // WHERE …".
    std::string finish_before, finish_after;

    std::string finish(const std::string& state_table) const {
        return finish_before + state_table + finish_after;
    }
};

// --- everything
// ---------------------------------------------------------------------------------------------------------

// Any other DDL: applied as it stands, once; again when its text changes where that is harmless
// (COMMENT, GRANT, OR REPLACE).
struct PlainStatement {
    std::string kind;    // for messages: CREATE TABLE, COMMENT…
    std::string object;  // what it makes or touches: the key under which the catalogue remembers it
    bool repeatable = false;
};

struct Statement {
    std::string name;  // unique in the pipeline: the stream, the view, the target table or what `--
                       // name: x` says
    std::string text;  // its own text, without the closing semicolon
    Position position;
    std::string fingerprint;  // equal for texts that differ only in white space, comments or the
                              // case of keywords
    std::optional<RelationName> stream;  // for rows and views: what it reads
    std::optional<std::vector<std::string>>
        pinned;          // WHERE pins the routing column to one of these values
    std::string select;  // for rows and views: the SELECT as SQL with the stream's name unqualified
                         // (verify runs it)
    std::variant<Stream, RowStatement, ViewStatement, PlainStatement> body;
};

struct Pipeline {
    std::vector<Statement> statements;  // in the order of the file
};

// Reads a pipeline. `known` are streams declared elsewhere (other files, the catalogue), by name,
// so that statements may read them. Throws PipelineError with everything that is wrong, not just
// the first.
Pipeline parse_pipeline(std::string_view text, const std::string& file,
                        const std::vector<Stream>& known = {});

// One statement out of the catalogue, that parse_pipeline accepted before.
Statement parse_statement(std::string_view text, const std::vector<Stream>& known);

// Which of the stream's partitions a statement has to read: those that the route allows for its
// pinned values; all, if nothing is pinned.
std::vector<int> partitions_read(const Statement& statement, const Stream& stream);

}  // namespace tidewheel::sql
