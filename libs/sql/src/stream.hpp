#pragma once
#include "ast.hpp"
#include "source_text.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// CREATE FOREIGN TABLE … SERVER kafka.
Stream read_stream(ast::Tree& tree, const std::string& text, Refusals& refusals);

// The name PostgreSQL chooses for a CHECK without one: store_events_qty_check, store_events_check1…
std::string choose_check_name(const Stream& stream, const std::string& column);

}  // namespace tidewheel::sql
