#include "tidewheel/core/text.hpp"

#include <algorithm>
#include <cmath>

namespace tidewheel {
namespace {

bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

std::string with_unit(double value, const char* unit) {
    return std::to_string(static_cast<long long>(std::llround(value))) + " " + unit;
}

}  // namespace

std::string indented(std::string_view text, std::size_t spaces) {
    std::string result;
    for (const char byte : text) {
        result += byte;
        if (byte == '\n') result.append(spaces, ' ');
    }
    return result;
}

std::string joined(const std::vector<std::string>& items, const std::string& between) {
    std::string text;
    for (const std::string& item : items)
        text += (text.empty() ? "" : between) + item;
    return text;
}

std::string ranges(const std::vector<int>& numbers, const std::string& between) {
    std::string text;
    for (std::size_t first = 0, next = 0; first < numbers.size(); first = next) {
        for (next = first + 1; next < numbers.size() && numbers[next] == numbers[next - 1] + 1;)
            ++next;
        text += (first == 0 ? "" : between) + std::to_string(numbers[first]);
        if (next - first > 2)
            text += "-" + std::to_string(numbers[next - 1]);
        else if (next - first == 2)
            text += between + std::to_string(numbers[next - 1]);
    }
    return text;
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), starts_character));
}

std::size_t byte_of_character(std::string_view utf8, std::size_t character) {
    std::size_t byte = 0;
    for (std::size_t seen = 0; byte < utf8.size(); ++byte)
        if (starts_character(utf8[byte]) && seen++ == character) break;
    return byte;
}

std::string shorten(std::string_view utf8, std::size_t most) {
    if (characters(utf8) <= most) return std::string(utf8);
    return std::string(utf8.substr(0, byte_of_character(utf8, most - 1))) + "…";
}

std::string grouped(long long number) {
    const std::string digits = std::to_string(number < 0 ? -number : number);
    std::string text = number < 0 ? "-" : "";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string plural(long long number, std::string_view noun) {
    return grouped(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string rough_duration(double seconds) {
    if (seconds < 1) return with_unit(std::max(0.0, seconds) * 1000, "ms");
    if (seconds < 60) return with_unit(seconds, "s");
    const auto whole = static_cast<long long>(seconds);
    if (whole < 3600)
        return with_unit(static_cast<double>(whole / 60), "min") + " " +
               with_unit(static_cast<double>(whole % 60), "s");
    if (whole < 86400)
        return with_unit(static_cast<double>(whole / 3600), "h") + " " +
               with_unit(static_cast<double>(whole / 60 % 60), "min");
    return with_unit(static_cast<double>(whole / 86400), "d") + " " +
           with_unit(static_cast<double>(whole / 3600 % 24), "h");
}

std::string to_hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::string from_hex(std::string_view digits) {
    const auto value = [](char digit) {
        return digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
    };
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
    return bytes;
}

}  // namespace tidewheel
