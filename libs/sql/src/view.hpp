#pragma once
#include "ast.hpp"
#include "reading.hpp"
#include "source.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// CREATE MATERIALIZED VIEW … AS SELECT … FROM stream: fills the statement's body, stream, pinned
// and select.
void read_view(ast::Tree& tree, const std::vector<Stream>& streams, Statement& statement,
               Refusals& refusals);

// Takes a view's SELECT apart: what a batch adds to the state, and what makes the result of the
// state. `select` reads its stream directly, in its own FROM.
void take_apart(ast::Tree& tree, ast::Select& select, const Reading& reading, ViewStatement& view,
                Refusals& refusals);

}  // namespace tidewheel::sql
