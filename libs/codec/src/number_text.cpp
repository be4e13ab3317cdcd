#include "number_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tidewheel::codec {
namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// std::from_chars knows no plus sign.
std::string_view without_plus(std::string_view text) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+')
        text.remove_prefix(1);
    return text;
}

bool is_zero(std::string_view number) {
    const auto mantissa = number.substr(0, number.find_first_of("eE"));
    return std::ranges::none_of(mantissa, [](char c) { return c >= '1' && c <= '9'; });
}

template <class Float>
ParseResult read_float(std::string_view text, double& value) {
    text = without_plus(without_spaces(text));
    Float parsed = 0;
    const char* end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, parsed);
    if (error == std::errc::invalid_argument || read_to != end) return ParseResult::wrong_type;
    const bool in_digits = is_digit(text.back()) || text.back() == '.';  // else inf or nan, by name
    const bool overflow = std::isinf(parsed) && in_digits;
    const bool underflow = parsed == 0 && !is_zero(text);
    if (error != std::errc{} || overflow || underflow) return ParseResult::out_of_range;
    value = static_cast<double>(parsed);
    return ParseResult::ok;
}

bool is_prefix(std::string_view text, std::string_view word, std::size_t shortest = 1) {
    return text.size() >= shortest && text.size() <= word.size() &&
           std::ranges::equal(text, word.substr(0, text.size()), {}, lower);
}

}  // namespace

std::string_view without_spaces(std::string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

ParseResult read_any_integer(std::string_view text, std::int64_t& value) {
    text = without_plus(without_spaces(text));
    const char* end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc::invalid_argument || read_to != end) return ParseResult::wrong_type;
    return error == std::errc{} ? ParseResult::ok : ParseResult::out_of_range;
}

ParseResult read_float32(std::string_view text, double& value) {
    return read_float<float>(text, value);
}
ParseResult read_float64(std::string_view text, double& value) {
    return read_float<double>(text, value);
}

ParseResult read_boolean(std::string_view text, bool& value) {
    // As PostgreSQL itself writes it, and as JSON has it.
    value = text == "t" || text == "true";
    if (value || text == "f" || text == "false") return ParseResult::ok;
    text = without_spaces(text);
    const bool yes = is_prefix(text, "true") || is_prefix(text, "yes") ||
                     is_prefix(text, "on", 2) || text == "1";
    const bool no = is_prefix(text, "false") || is_prefix(text, "no") ||
                    is_prefix(text, "off", 2) || text == "0";
    value = yes;
    return yes || no ? ParseResult::ok : ParseResult::wrong_type;
}

bool is_within_limits(std::string_view number) {
    constexpr std::size_t shortest_offender = 5;  // 1e309
    if (number.size() < shortest_offender) return true;
    if (number.size() > number_length_limit) return false;
    const auto mark = std::ranges::find_if(number, [](char c) { return lower(c) == 'e'; });
    if (mark == number.end()) return true;
    const std::string_view exponent = without_plus({mark + 1, number.end()});
    int value = 0;
    const auto [_, error] =
        std::from_chars(exponent.data(), exponent.data() + exponent.size(), value);
    return error != std::errc::result_out_of_range && value >= -exponent_limit &&
           value <= exponent_limit;
}

}  // namespace tidewheel::codec
