#pragma once
#include <string>
#include <vector>

#include "tidewheel/engine/schema.hpp"
#include "tidewheel/postgres/catalogue.hpp"

// The pushdown executor's SQL, as text: made at `apply` to be tried (EXPLAIN), and by every lane to be run. Pure.
//
// A session holds one batch in temporary relations:
//   tidewheel_batch     table: the stream's columns, then tidewheel_seq (the row's number in the batch, from 0) and
//                       tidewheel_timestamp (the record's own time). Filled by binary COPY, emptied at commit.
//   tidewheel_records   view over it: the rows in play (all of them, or a range while a bad row is being searched), columns that PostgreSQL
//                       converts converted
//   <the stream's name> view over that: the stream's columns alone. It hides the stream, so a statement's own text runs over it.
namespace tidewheel::postgres {

// CREATE TEMP TABLE and CREATE TEMP VIEWs; to run outside a transaction block's failure, once a session.
std::string stage_ddl(const StoredStream& stream);
// COPY pg_temp.tidewheel_batch (…needed columns…, tidewheel_seq, tidewheel_timestamp) FROM STDIN (FORMAT binary)
std::string stage_copy(const StoredStream& stream);
// SELECT tidewheel_seq, the number of the check that says no (from 0); empty when the stream has no checks.
std::string stage_validate(const StoredStream& stream);

// The scripts that apply one statement to the staged batch, in order. The row counts of all of them are rows written.
struct RowScript {
    std::string direct;  // one INSERT for the whole batch; empty when the statement needs rounds
    // With rounds: fill a temporary table with the SELECT's rows and the number of their round (0: first of its key), then insert
    // round by round (`round_insert` with {round}) up to the largest.
    std::string collect, rounds, round_insert, discard;
};
RowScript row_script(const StoredStatement& statement, const std::vector<std::string>& target_columns, bool collapsible);

// All views of a stream that share FROM and WHERE are filled in one pass over the batch.
std::string view_script(const std::vector<const StoredStatement*>& views);
// DDL for a view: its state table (typed by PostgreSQL from the delta's own SELECT), the unique index on its keys, the finishing view.
std::vector<std::string> view_ddl(const sql::ViewStatement& view, const std::string& state_table);

}  // namespace tidewheel::postgres
