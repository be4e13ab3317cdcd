#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "tidewheel/engine/schema.hpp"

namespace tidewheel::engine {

// Reads PostgreSQL's text of a value into the form that Vector holds it in. A text's value views
// `text`, which must outlive it. false: not this kind, or not this text.
bool read_constant(Kind kind, const std::string& text, std::vector<std::byte>& value);

}  // namespace tidewheel::engine
