#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "tidewheel/core/url.hpp"

namespace tidewheel {

// Scheme, host and port are the same (RFC 6454).
bool is_same_origin(const Url& one, const Url& other);

// Several URLs, with commas between them. nullopt: one of them is none.
std::optional<std::vector<Url>> parse_urls(std::string_view text);

}  // namespace tidewheel
