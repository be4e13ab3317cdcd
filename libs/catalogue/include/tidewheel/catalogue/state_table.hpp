#pragma once
#include <string>
#include <vector>

#include "tidewheel/sql/pipeline.hpp"

// The table that a view's partial aggregates are kept in, a row a group: schema tidewheel, state_….
namespace tidewheel::catalogue {

// A view without GROUP BY has one row, whose key is this constant.
inline constexpr const char* only_key = "the_row";

std::vector<std::string> key_columns(const sql::ViewStatement& view);  // never empty
std::string source_of(const sql::ViewStatement& view);                 // " FROM … WHERE …"

// DDL of a view's state, in order: the table, typed by PostgreSQL from the delta's own SELECT; the
// unique index on its keys; its replica identity, without which a publication of all tables would
// take no update. To be run while the temporary relations exist and are empty, under the
// pipeline's search path.
std::vector<std::string> state_ddl(const sql::ViewStatement& view, const std::string& state_table);

}  // namespace tidewheel::catalogue
