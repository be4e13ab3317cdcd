#pragma once
#include <string_view>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::apply {

// Adds to a column's schema what a CHECK says about that column alone, where JSON Schema has a word
// for it: comparisons with a number, BETWEEN, IN, and these joined by AND. An expression that holds
// anything else adds nothing.
void add_check(std::string_view expression, std::string_view column, codec::Json& schema);

}  // namespace tidewheel::apply
