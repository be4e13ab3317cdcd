#pragma once
#include "ast.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// Whether the expression is a column that the stream declares as real. `place`: the stream's name
// in FROM. A view that was applied before `apply` asked PostgreSQL keeps its sum so.
bool is_real_column(const ast::Node& expression, const Stream& stream, const ast::RangeVar& place);

// Whether the expression is a cast to double precision, as PostgreSQL writes it.
bool is_float_cast(const ast::Node& expression);

}  // namespace tidewheel::sql
