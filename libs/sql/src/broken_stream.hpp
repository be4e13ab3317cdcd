#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::sql {

// What can be told about a CREATE FOREIGN TABLE with a syntax error: the stream's name, so that
// statements which read it are not refused as well, and a hint.
std::optional<RelationName> stream_in_broken(const std::string& text);
std::string hint_for_broken(const std::string& text, std::size_t offset);

}  // namespace tidewheel::sql
