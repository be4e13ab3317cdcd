#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Text for people, and lists for programs.
namespace tidewheel {

// Every line but the first that many spaces in: a value of several lines can't look like the next.
std::string indented(std::string_view text, std::size_t spaces);
std::string joined(const std::vector<std::string>& items, const std::string& between);
// Ascending numbers, those in a row as one: {0, 1, 2, 5} → "0-2,5"
std::string ranges(const std::vector<int>& numbers, const std::string& between);
std::size_t characters(std::string_view utf8);
// Where the character of this number, from 0, begins; the text's size: it has fewer.
std::size_t byte_of_character(std::string_view utf8, std::size_t character);
// Cut to at most that many characters, the last one "…".
std::string shorten(std::string_view utf8, std::size_t most);
std::string grouped(long long number);                        // 1234567 → "1,234,567"
std::string plural(long long number, std::string_view noun);  // 1 → "1 row", 2 → "2 rows"
std::string rough_duration(double seconds);  // 0.2 → "200 ms", 75 → "1 min 15 s"
std::string to_hex(std::string_view bytes);  // lower case
std::string from_hex(std::string_view digits);

}  // namespace tidewheel
