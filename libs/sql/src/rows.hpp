#pragma once
#include "ast.hpp"
#include "reading.hpp"
#include "source.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// INSERT INTO … SELECT … FROM stream: fills the statement's body, stream, pinned and select.
void read_rows(ast::Tree& tree, const std::vector<Stream>& streams, Statement& statement,
               Refusals& refusals);

// Refuses, at every SELECT whose rows come from the stream, what depends on how records are
// batched.
void refuse_batch_dependence(const Reading& reading, Refusals& refusals);

// The record form of a SELECT. Changes the tree.
std::string record_form(ast::Tree& tree, ast::Select& select, const Reading& reading);
// Takes the schema off the stream's name, and off columns qualified with it: the session's
// temporary view of that name is meant. Where a CTE has the same name, the view's own schema says
// so.
void unqualify(ast::Message& root, const Reading& reading);

// The values that WHERE pins the routing column to.
std::optional<std::vector<std::string>> pinned_values(const Reading& reading);

}  // namespace tidewheel::sql
