#pragma once
#include "ast.hpp"
#include "source.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// Any other statement: plain DDL, seed rows, or refused by name.
PlainStatement read_plain(ast::Tree& tree, const Piece& piece, const std::vector<Stream>& streams,
                          Refusals& refusals);

}  // namespace tidewheel::sql
