#pragma once
#include <string>
#include <vector>

#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/catalogue.hpp"

// The pushdown executor's SQL, as text: made at `apply` to be tried, and by every lane to be run.
//
// A session holds one batch in temporary relations:
//   tidewheel_batch     table: the stream's columns, then tidewheel_seq (the row's number in the
//   batch, from 0) and
//                       tidewheel_timestamp (the record's own time). Filled by binary COPY, emptied
//                       at commit.
//   tidewheel_records   view over it: the rows in play (all of them, or a range while a bad row is
//   searched), with the columns that
//                       PostgreSQL converts (Kind::other) converted
//   <the stream's name> view over that: the stream's columns alone. It hides the stream, so a
//   statement's own text runs over it.
namespace tidewheel::postgres {

// Makes the temporary relations, once a session. The search path must be the statements'.
std::string stage_ddl(const StoredStream& stream);
// COPY pg_temp.tidewheel_batch (the needed columns, tidewheel_seq, tidewheel_timestamp) FROM STDIN
// (FORMAT binary)
std::string stage_copy(const engine::Schema& schema);
// SELECT tidewheel_seq, the number of the first check that says no (from 0), the rows that break
// none left out. Columns of Kind::other are converted on the way, so a value that can't be is an
// error here. Empty when there is nothing to check.
std::string stage_validate(const StoredStream& stream);
// Narrows tidewheel_records to the rows from tidewheel.first to before tidewheel.last (stage_range
// sets them), for this transaction; stage_widen undoes it.
std::string stage_narrow(const StoredStream& stream);
std::string stage_range(std::size_t first, std::size_t last);
std::string stage_widen(const StoredStream& stream);

// What has to be known of the table that a continuous INSERT writes to.
struct TargetColumn {
    std::string name;
    std::string type;  // as format_type prints it
};
struct Target {
    std::vector<TargetColumn> columns;      // those that the statement fills, in its order
    std::vector<std::string> conflict_key;  // the columns that ON CONFLICT … DO UPDATE goes by;
                                            // empty: they can't be told
    // Only the last row of a key counts: DO UPDATE replaces every column, and nothing else can
    // refuse an earlier row or see it (no foreign key, trigger, exclusion or further unique index;
    // CHECKs are tried on every row).
    bool last_wins = false;
};
// Throws Error (refused) when the table is gone.
Target resolve_target(Transaction& transaction, const sql::RowStatement& statement);

// How one continuous INSERT is applied to the staged batch.
struct RowScript {
    std::string setup;   // once a session; empty: nothing
    std::string direct;  // one INSERT for the whole batch; empty when the statement goes in rounds
    // With rounds (ON CONFLICT DO UPDATE): `collect` puts the SELECT's rows aside, numbered by
    // their round (0 for the first row of a key, 1 for the second…); `last_round` asks for the
    // largest number; `round_insert(n)` applies one; `discard` empties.
    std::string collect, last_round, discard;
    std::string round_insert(long round) const;
    std::string whole() const;  // everything at once, for a batch without rows: can it be run?
    std::string round_prefix, round_suffix;
};
RowScript row_script(const StoredStatement& statement, const Target& target);

// Fills the state tables of views that share FROM and WHERE, in one pass over the batch. Returns
// one row: for each view, in order, how many of its rows changed; then how many groups of the pass
// belong to no view. That must be 0: otherwise PostgreSQL takes two keys for the same that are
// spelled differently here (t.store and store), and the views must go one by one.
std::string view_script(const std::vector<const StoredStatement*>& views);
// The views of a stream in groups that can share a pass.
std::vector<std::vector<const StoredStatement*>> share_passes(
    const std::vector<const StoredStatement*>& views);

// DDL of a view's state, in order: the table, typed by PostgreSQL from the delta's own SELECT; the
// unique index on its keys. To be run while the temporary relations exist and are empty, under the
// pipeline's search path.
std::vector<std::string> state_ddl(const sql::ViewStatement& view, const std::string& state_table);
// The view that users read, over its state.
std::string view_ddl(const sql::ViewStatement& view, const std::string& state_table);

// Which of the stream's columns these statements read, its checks, routing and event time included.
// Asks PostgreSQL (the temporary relations must exist): by name alone nobody could tell.
std::vector<bool> needed_columns(Transaction& transaction, const StoredStream& stream,
                                 const std::vector<const StoredStatement*>& statements);

}  // namespace tidewheel::postgres
