#pragma once
#include "ast.hpp"
#include "source_text.hpp"
#include "stream_reference.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// MERGE INTO … USING stream ON … WHEN …: fills the statement's body, stream, route_values and
// select.
void read_merge(ast::Tree& tree, const Names& names, Statement& statement, Refusals& refusals);

}  // namespace tidewheel::sql
