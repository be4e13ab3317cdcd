#pragma once
#include <string>
#include <string_view>

namespace tidewheel::codec {

// A string as JSON, in quotes.
void append_quoted(std::string_view text, std::string& json);

}  // namespace tidewheel::codec
