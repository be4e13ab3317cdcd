#pragma once
#include "ast.hpp"
#include "source.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// CREATE FOREIGN TABLE … SERVER kafka.
Stream read_stream(ast::Tree& tree, const std::string& text, Refusals& refusals);

// What can be told of a CREATE FOREIGN TABLE that has a syntax error: the stream's name, so that
// statements which read it are not refused as well, and a hint.
std::optional<RelationName> stream_in_broken(const std::string& text);
std::string hint_for_broken(const std::string& text, std::size_t offset);

// OPTIONS (…) of the table: topic, partitions, route… `stream.columns` are read already.
void read_stream_options(ast::Nodes options, Stream& stream, int location, Refusals& refusals);
// OPTIONS (…) of a column: json, path, partition, offset…
void read_column_options(ast::Nodes options, StreamColumn& column, Refusals& refusals);

// The name PostgreSQL chooses for a CHECK without one: store_events_qty_check, store_events_check1…
std::string choose_check_name(const Stream& stream, const std::string& column);

}  // namespace tidewheel::sql
