#pragma once
#include <string>
#include <vector>

#include "tidewheel/sql/pipeline.hpp"

// The table that a view's partial aggregates are kept in, a row a group: schema tidewheel, state_….
//
// Where a view keeps values (sql::KeptValues), it has rows for these as well. `kept` tells them
// apart: 0, a group; 1, 2, …: a value of the view's first, second, … They have the group's keys, and
//
//   v1, v2, …                             the values
//   kept_partition, kept_offset, kept_row the place of the record, and the row among those it led to
//   kept_count                            or how often the value came
//   kept_group                            a number of the group
//
// A view of rows (sql::KeptRows) has other columns:
//
//   tidewheel_partition, tidewheel_offset the place of the record
//   tidewheel_row                         the row among those it led to, from 1
//   v1, v2, …                             the values
//
// No index has them: a topic that was created again has its places twice.
namespace tidewheel::catalogue {

// A view without GROUP BY has one row, whose key is this constant.
inline constexpr const char* only_key = "the_row";

std::vector<std::string> key_columns(const sql::ViewStatement& view);  // never empty
std::string source_of(const sql::ViewStatement& view);                 // " FROM … WHERE …"

// The columns of the unique index on values that are kept once.
std::vector<std::string> kept_identity(const sql::ViewStatement& view, const sql::KeptValues& kept);
// What the unique index on the keys says after its columns, as does ON CONFLICT.
std::string group_index(const sql::ViewStatement& view);

// DDL of a view's state, in order: the table, typed by PostgreSQL from the delta's own SELECT; of
// one of groups, the unique index on its keys; its replica identity, without which a publication of
// all tables would take no update. To be run while the temporary relations exist and are empty,
// under the pipeline's search path.
std::vector<std::string> state_ddl(const sql::ViewStatement& view, const std::string& state_table);

}  // namespace tidewheel::catalogue
