#pragma once
#include "ast.hpp"
#include "source_text.hpp"
#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// OPTIONS (…) of the table: topic, partitions, route… `stream.columns` are read already.
void read_stream_options(ast::Nodes options, Stream& stream, int location, Refusals& refusals);
// OPTIONS (…) of a column: json, path, partition, offset, epoch…
void read_column_options(ast::Nodes options, StreamColumn& column, Refusals& refusals);

}  // namespace tidewheel::sql
