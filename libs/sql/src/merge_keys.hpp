#pragma once
#include <string>
#include <vector>

#include "ast.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// The equalities of a MERGE's ON between a column of the target and something of the source, both
// named by these aliases; columns without one are not looked at.
std::vector<MergeKey> merge_keys(ast::Merge& merge, const std::string& target,
                                 const std::string& source);

// The columns to which each of its INSERTs gives a value.
std::vector<std::string> inserted_columns(ast::Merge& merge);

}  // namespace tidewheel::sql
