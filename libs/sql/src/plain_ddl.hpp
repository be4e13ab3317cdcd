#pragma once
#include "ast.hpp"
#include "names.hpp"
#include "source_text.hpp"
#include "split.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// Any other statement: plain DDL, seed rows, or refused by name.
PlainStatement read_plain_ddl(ast::Tree& tree, const Piece& piece, const Names& names,
                              Refusals& refusals);

// The relation that a statement makes, where it has a name.
std::optional<RelationName> relation_made_by(ast::Message& statement);

}  // namespace tidewheel::sql
