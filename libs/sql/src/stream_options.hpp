#pragma once
#include "ast.hpp"
#include "source_text.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// OPTIONS (…) of the table: topic, partitions, route… `stream.columns` are read already.
void read_stream_options(ast::Nodes options, Stream& stream, int location, Refusals& refusals);
// OPTIONS (…) of a column: json, path, partition, offset, epoch…
void read_column_options(ast::Nodes options, StreamColumn& column, Refusals& refusals);
std::vector<std::string> cut_at(std::string_view text, char separator);
// 'customer.id' is two names; '\\.' is a dot inside one.
std::vector<std::string> field_path(const std::string& text);

}  // namespace tidewheel::sql
