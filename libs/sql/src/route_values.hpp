#pragma once
#include <optional>
#include <string>
#include <vector>

#include "stream_reference.hpp"

namespace tidewheel::sql {

// The values that WHERE pins the routing column to.
std::optional<std::vector<std::string>> route_values(const StreamReference& stream_reference);

}  // namespace tidewheel::sql
