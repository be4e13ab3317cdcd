#pragma once
#include <string>

#include "ast.hpp"
#include "source_text.hpp"
#include "stream_reference.hpp"

namespace tidewheel::sql {

// The record form of a SELECT. Changes the tree.
std::string record_form(ast::Tree& tree, ast::Select& select,
                        const StreamReference& stream_reference);
// Whether it uses now() or one of its relatives.
bool uses_now(ast::Message& root);
// The record form has no place for now() in FROM.
void refuse_now_in_from(const StreamReference& stream_reference, Refusals& refusals);
// Puts the session's temporary view of the stream's name into the stream's place, and takes the
// schema off columns that are qualified with it.
void stage(ast::Message& root, const StreamReference& stream_reference);

}  // namespace tidewheel::sql
