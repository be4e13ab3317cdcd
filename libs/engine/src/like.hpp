#pragma once
#include <string_view>

namespace tidewheel::engine {

// Whether the engine can match a pattern of LIKE: no backslash at its end, which PostgreSQL refuses.
bool is_like_pattern(std::string_view pattern);
// text LIKE pattern, with a backslash as its escape character; both UTF-8. Under a deterministic
// collation.
bool is_like(std::string_view text, std::string_view pattern);

}  // namespace tidewheel::engine
