#pragma once
#include <cstdint>
#include <string_view>

#include "parse_result.hpp"

// Texts of numbers and booleans, read as PostgreSQL 15's input functions read them (int4in,
// float8in, boolin…): surrounding spaces are allowed. What later versions added (0x10, 1_000) and
// what only the C library knows (0x1p3) is refused.
namespace tidewheel::codec {

std::string_view without_spaces(std::string_view text);  // at both ends; C's isspace

// [-]digits of at most 18 characters after the sign, which nearly every integer is. False: this is
// something else.
inline bool read_short_integer(std::string_view text, std::int64_t& value) {
    constexpr std::size_t longest = 18;
    const bool is_negative = text.starts_with('-');
    text.remove_prefix(is_negative);
    if (text.empty() || text.size() > longest) return false;
    std::int64_t digits = 0;
    for (const char c : text) {
        const auto digit = static_cast<unsigned char>(c - '0');
        if (digit > 9) return false;
        digits = digits * 10 + digit;
    }
    value = is_negative ? -digits : digits;
    return true;
}
ParseResult read_any_integer(std::string_view text, std::int64_t& value);
inline ParseResult read_integer(std::string_view text, std::int64_t least, std::int64_t most,
                                std::int64_t& value) {
    if (!read_short_integer(text, value)) {
        const ParseResult verdict = read_any_integer(text, value);
        if (verdict != ParseResult::ok) return verdict;
    }
    return value < least || value > most ? ParseResult::out_of_range : ParseResult::ok;
}
ParseResult read_float32(std::string_view text, double& value);  // rounded to float once, not twice
ParseResult read_float64(std::string_view text, double& value);
// Unique prefixes of true, false, yes, no, on, off; 1, 0.
ParseResult read_boolean(std::string_view text, bool& value);

// The limits that every number of a record has to keep, whatever reads it: RapidJSON takes no
// exponent above 308, and PostgreSQL's jsonb must be able to hold it.
inline constexpr std::size_t number_length_limit = 1000;
inline constexpr int exponent_limit = 308;
// The message for a number beyond them.
inline constexpr std::string_view beyond_limits =
    "a number with an exponent beyond ±308 or of more than 1,000 characters";
bool is_within_limits(std::string_view number);

}  // namespace tidewheel::codec
