#pragma once
#include <string>

#include "ast.hpp"

namespace tidewheel::sql {

// The name that PostgreSQL gives a column of a SELECT without AS (FigureColname in parse_target.c):
// the column's or the function's name, a cast's type, case, ?column?…
std::string output_name(const ast::Node& expression);

}  // namespace tidewheel::sql
