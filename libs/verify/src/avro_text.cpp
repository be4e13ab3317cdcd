#include "avro_text.hpp"

#include <jansson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::int64_t year_1 = -62'135'596'800, year_10000 = 253'402'300'800;

template <class... Values>
std::string printed(const char* form, Values... values) {
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), form, values...);
    return text.data();
}

struct Split {
    std::int64_t seconds;
    int microseconds;
};

// Of nanoseconds the nearest microsecond, the later one of two.
Split split(std::int64_t count, std::int64_t unit) {
    std::int64_t seconds = count / unit, rest = count % unit;
    if (rest < 0) {
        rest += unit;
        --seconds;
    }
    std::int64_t microseconds = unit > 1'000'000 ? (rest + 500) / 1000 : rest * (1'000'000 / unit);
    if (microseconds == 1'000'000) {
        microseconds = 0;
        ++seconds;
    }
    return {seconds, static_cast<int>(microseconds)};
}

std::string fraction_text(int microseconds, std::int64_t unit) {
    return unit == 1000 ? printed(".%03d", microseconds / 1000) : printed(".%06d", microseconds);
}

std::string calendar_text(std::time_t seconds, const char* form) {
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    // strftime's %Y has no zeros in front.
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), form, &parts);
    return printed("%04d", parts.tm_year + 1900) + text.data();
}

// The digits of a number, least first, times 256 and something more.
void shift_in(std::string& digits, unsigned byte) {
    unsigned carry = byte;
    for (char& digit : digits) {
        carry += static_cast<unsigned>(digit - '0') * 256;
        digit = static_cast<char>('0' + carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10)
        digits += static_cast<char>('0' + carry % 10);
}

unsigned word_at(std::string_view bytes, std::size_t at) {
    unsigned word = 0;
    for (std::size_t i = 4; i-- > 0;)
        word = word * 256 + static_cast<unsigned char>(bytes[at + i]);
    return word;
}

}  // namespace

std::optional<std::string> moment_text(std::int64_t count, std::int64_t unit,
                                       const std::string& suffix) {
    const Split time = split(count, unit);
    if (time.seconds < year_1 || time.seconds >= year_10000) return std::nullopt;
    return calendar_text(time.seconds, "-%m-%dT%H:%M:%S") + fraction_text(time.microseconds, unit) +
           suffix;
}

std::optional<std::string> clock_text(std::int64_t count, std::int64_t unit) {
    if (count < 0 || count >= seconds_per_day * unit) return std::nullopt;
    const Split time = split(count, unit);
    return printed("%02d:%02d:%02d", static_cast<int>(time.seconds / 3600),
                   static_cast<int>(time.seconds / 60 % 60), static_cast<int>(time.seconds % 60)) +
           fraction_text(time.microseconds, unit);
}

std::optional<std::string> day_text(std::int64_t days) {
    if (days < year_1 / seconds_per_day || days >= year_10000 / seconds_per_day)
        return std::nullopt;
    return calendar_text(days * seconds_per_day, "-%m-%d");
}

std::optional<std::string> decimal_text(std::string_view bytes, std::size_t scale) {
    constexpr std::size_t longest = 1000;
    const bool is_negative = !bytes.empty() && static_cast<signed char>(bytes[0]) < 0;
    std::string digits;
    // Of a negative number -1 - n is what the inverted bytes say.
    for (const char byte : bytes)
        shift_in(digits, static_cast<unsigned char>(is_negative ? ~byte : byte));
    if (is_negative) {
        std::size_t at = 0;
        for (; at < digits.size() && digits[at] == '9'; ++at)
            digits[at] = '0';
        at < digits.size() ? void(++digits[at]) : void(digits += '1');
    }
    while (!digits.empty() && digits.back() == '0')
        digits.pop_back();
    while (digits.size() <= scale)
        digits += '0';
    if (scale > 0) digits.insert(scale, 1, '.');
    if (is_negative) digits += '-';
    if (digits.size() > longest) return std::nullopt;
    std::ranges::reverse(digits);
    return digits;
}

std::string uuid_text(std::string_view bytes) {
    std::string text = to_hex(bytes);
    for (const std::size_t at : {8, 13, 18, 23})
        text.insert(at, 1, '-');
    return text;
}

std::string duration_text(std::string_view bytes) {
    const unsigned milliseconds = word_at(bytes, 8);
    return printed("%u mons %u days %u.%03u secs", word_at(bytes, 0), word_at(bytes, 4),
                   milliseconds / 1000, milliseconds % 1000);
}

std::string number_text(double number) {
    std::array<char, 32> shortest{};
    std::string text(shortest.data(),
                     std::to_chars(shortest.data(), shortest.data() + shortest.size(), number).ptr);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::optional<std::string> json_string(std::string_view text) {
    if (text.find('\0') != text.npos) return std::nullopt;
    json_t* const json = json_stringn(text.data(), text.size());  // NULL: it is not UTF-8
    if (!json) return std::nullopt;
    char* const dumped = json_dumps(json, JSON_ENCODE_ANY);
    std::string result = dumped ? dumped : "";
    std::free(dumped);
    json_decref(json);
    return result;
}

}  // namespace tidewheel::verify
