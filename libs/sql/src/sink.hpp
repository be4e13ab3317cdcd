#pragma once
#include <string_view>

#include "ast.hpp"
#include "source_text.hpp"
#include "tidewheel/sql/sink.hpp"

namespace tidewheel::sql {

// Whether tables of this server are sinks; those of `kafka` are streams.
bool is_sink_server(std::string_view server);
// "webhook": for messages.
std::string sink_servers();

// CREATE FOREIGN TABLE … SERVER of a sink.
Sink read_sink(ast::Tree& tree, Refusals& refusals);

}  // namespace tidewheel::sql
