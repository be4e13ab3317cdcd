#pragma once
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::executor {

// What has to be known of the table that a continuous INSERT or MERGE writes to.
struct TargetColumn {
    std::string name;
    std::string type;  // as format_type prints it
    bool not_null = false;
    bool operator==(const TargetColumn&) const = default;
};
struct InsertTarget {
    std::vector<TargetColumn> columns;  // those that the statement fills, in its order
    // The columns of a unique index that ON CONFLICT goes by; empty: it can't be told, or there is no
    // ON CONFLICT.
    std::vector<std::string> conflict_key;
    bool in_any_order = false;  // nothing in the table shows the order in which rows were stored
    // Only the last row of a key counts: DO UPDATE replaces every column, and nothing else can
    // refuse an earlier row or see it (no foreign key, trigger, exclusion or further unique index;
    // CHECKs are tried on every row).
    bool last_wins = false;
    // Something besides types, NOT NULL and keys may refuse a row: a CHECK, a column that PostgreSQL
    // computes, what a partition asks for alone.
    bool has_checks = false;
    // Of a MERGE, and nothing else of it: the columns of its source, and what tells the keys apart
    // by which it finds its rows, as SQL over the source.
    std::vector<std::string> source_columns, merge_key;
    bool is_outbox = false;  // rows are delivered in the order in which they are stored
    bool operator==(const InsertTarget&) const = default;
};
// Throws Error (refused) when the table is gone.
InsertTarget resolve_target(postgres::Transaction& transaction, const sql::RowStatement& statement);

}  // namespace tidewheel::executor
