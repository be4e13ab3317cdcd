#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace tidewheel::codec {

// The offset of the first byte that is not UTF-8 as Unicode and PostgreSQL define it: no overlong
// forms, no surrogates, nothing beyond U+10FFFF. Nothing: all of it is valid.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

// Of valid UTF-8.
std::size_t count_characters(std::string_view text);

// The bytes of the first `characters` characters of valid UTF-8, or of all when there are fewer.
std::string_view first_characters(std::string_view text, std::size_t characters);

}  // namespace tidewheel::codec
