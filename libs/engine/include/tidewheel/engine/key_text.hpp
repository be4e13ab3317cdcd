#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "tidewheel/engine/batch.hpp"

namespace tidewheel::engine {

// A value as a record's key, as PostgreSQL writes it: of text, varchar, uuid and the whole numbers,
// which alone can be keys (`apply` sees to that). nullopt: NULL.
std::optional<std::string> key_text(const Vector& column, std::size_t row);

}  // namespace tidewheel::engine
