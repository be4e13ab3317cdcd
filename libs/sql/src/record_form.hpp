#pragma once
#include <string>

#include "ast.hpp"
#include "stream_reference.hpp"

namespace tidewheel::sql {

// The record form of a SELECT. Changes the tree.
std::string record_form(ast::Tree& tree, ast::Select& select,
                        const StreamReference& stream_reference);
// Puts the session's temporary view of the stream's name into the stream's place, and takes the
// schema off columns that are qualified with it.
void stage(ast::Message& root, const StreamReference& stream_reference);

}  // namespace tidewheel::sql
