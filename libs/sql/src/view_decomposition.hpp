#pragma once
#include "ast.hpp"
#include "source_text.hpp"
#include "stream_reference.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// Takes a view's SELECT apart: what a batch adds to the state, and what makes the result of the
// state. `select` reads its stream directly, in its own FROM.
void decompose(ast::Tree& tree, ast::Select& select, const StreamReference& stream_reference,
               ViewStatement& view, Refusals& refusals);

}  // namespace tidewheel::sql
