#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/sql/merge.hpp"
#include "tidewheel/sql/relation_name.hpp"

namespace tidewheel::sql {

// --- CREATE MATERIALIZED VIEW … AS SELECT … FROM stream … GROUP BY …

// The aggregates whose partial states merge: PostgreSQL's own of these names.
std::vector<std::string> kept_aggregates();

// An aggregate of one value over the rows of a batch, taken apart.
struct AggregateCall {
    std::string function;  // sum; empty: not of this form, so that PostgreSQL alone can compute it
    std::string argument;  // SQL over the stream; empty: count(*)
    std::string filter;    // the same; empty: none
    bool operator==(const AggregateCall&) const = default;
};

struct Partial {
    std::string column;      // its name in the state table: a1, a2, …
    std::string expression;  // SQL over the stream: sum(price * qty) FILTER (WHERE …)
    Merge merge;
    AggregateCall call = {};  // the expression
    bool operator==(const Partial&) const = default;
};

struct Key {
    std::string column;  // its name in the state table: k1, k2, …
    std::string expression;
    bool operator==(const Key&) const = default;
};

// What an aggregate keeps whose states PostgreSQL can't merge: the values themselves. They are rows
// of the state table beside those of the groups, and the view aggregates them when it is read.
struct KeptValues {
    std::string aggregate;    // as it is written, for messages
    std::vector<Key> values;  // v1, v2, … of the state table
    std::string filter;       // SQL over the stream; empty: none
    // A SELECT that yields tidewheel_seq, the keys and the values, one record at a time: each row is
    // kept with the place of its record. Empty: each value is kept once, with how often it came.
    std::string by_record;
    bool operator==(const KeptValues&) const = default;
};

// What a view of rows keeps, which has neither GROUP BY nor an aggregate: each row that its SELECT
// yields is one of the state table, with the place of the record that it is made of.
struct KeptRows {
    std::vector<Key> values;  // v1, v2, … of the state table: the SELECT list
    std::string source;       // the SELECT without its list
    std::string by_record;    // a SELECT that yields tidewheel_seq and the values, record by record
    bool operator==(const KeptRows&) const = default;
};

// A column that users of a view read, over the columns of its state table.
struct Output {
    std::string column;
    std::string expression;
    bool operator==(const Output&) const = default;
};

inline constexpr long default_most_kept = 10'000;

struct ViewStatement {
    RelationName name;
    // CREATE MATERIALIZED VIEW v (a, b): empty when not given.
    std::vector<std::string> output_columns;
    std::vector<Key> keys;  // empty: no GROUP BY, one row
    std::vector<Partial> partials;
    std::vector<KeptValues> kept;  // numbered from 1 in the state table
    std::optional<KeptRows> rows;  // of a view of rows, which has nothing of the above
    // In the SELECT list and HAVING. PostgreSQL may see more: it knows users' own.
    std::size_t aggregates = 0;
    long most_kept = default_most_kept;  // of each, in a group: WITH (values_per_group = …)
    std::string from;   // the FROM list as SQL, pg_temp's view of the stream's name in its place
    std::string where;  // empty: none
    // The finishing SELECT around the state table: "SELECT k1 AS hour, …, a1 AS sales FROM ", "
    // WHERE …".
    std::string finish_before, finish_after;
    std::vector<Output> outputs;  // what finish_before selects
    // The view's SELECT over tidewheel_records: with its aggregates in the order of the records, or
    // with now() as the record's time. Empty: `select` of the statement means the same.
    std::string in_order;

    std::string finish(const std::string& state_table) const;
    bool operator==(const ViewStatement&) const = default;
};

}  // namespace tidewheel::sql
