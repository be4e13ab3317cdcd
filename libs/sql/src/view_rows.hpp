#pragma once
#include "ast.hpp"
#include "source_text.hpp"
#include "stream_reference.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// Whether GROUP BY, HAVING or an aggregate makes one row of several.
bool has_groups(const ast::Select& select);

// Whether a view with this SELECT is one of rows: nothing in it makes one row of several, nor does
// DISTINCT.
bool is_of_rows(const ast::Select& select);

// Fills what a view of rows keeps and what its users read. Refuses what can't be kept. `select` is
// staged; changes the tree.
void keep_rows(ast::Tree& tree, ast::Select& select, const StreamReference& stream_reference,
               ViewStatement& view, Refusals& refusals);

}  // namespace tidewheel::sql
