#pragma once
#include <string>

#include "tidewheel/engine/schema.hpp"

namespace tidewheel::codec {

// What a column accepts, for messages: "a date like "2024-05-06" (date)". `is_number`: what it was
// given instead, which the option epoch may explain.
std::string expected_form(const engine::Column& column, bool is_number);

}  // namespace tidewheel::codec
