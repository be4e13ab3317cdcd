#include "value_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tidewheel::changefeed {
namespace {

// pg_type.dat; these never change.
namespace oid {
constexpr std::uint32_t boolean = 16, bytea = 17, int8 = 20, int2 = 21, int4 = 23, oid = 26,
                        float4 = 700, float8 = 701, date = 1082, time = 1083, timestamp = 1114,
                        timestamptz = 1184;
}  // namespace oid

constexpr std::int32_t milliseconds_precision = 3;
constexpr std::int64_t seconds_per_day = 86'400, micro = 1'000'000;
constexpr std::int64_t most_of_a_part = 99'999'999;  // of a year, say
// Whose microseconds are an int64: until the year 294,104, some before PostgreSQL's last one.
constexpr std::int64_t most_days = 106'700'000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Digits at the front, which are taken.
std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t value = 0;
    if (text.empty() || !is_digit(text[0])) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > most_of_a_part) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text[0] != wanted) return false;
    text.remove_prefix(1);
    return true;
}

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": PostgreSQL's years are more than
// std::chrono's.
std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = year / 400, of_era = year - era * 400;
    const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

std::optional<std::int64_t> take_days(std::string_view& text) {
    const auto year = take_number(text);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_number(text);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_number(text);
    if (!day) return std::nullopt;
    return days_since_1970(*year, *month, *day);
}

// 12:00:00.5
std::optional<std::int64_t> take_microseconds(std::string_view& text) {
    const auto hours = take_number(text);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_number(text);
    if (!minutes || !take(text, ':')) return std::nullopt;
    const auto seconds = take_number(text);
    if (!seconds) return std::nullopt;
    std::int64_t fraction = 0;
    if (take(text, '.')) {
        std::int64_t unit = micro / 10;
        for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1), unit /= 10)
            fraction += (text[0] - '0') * unit;
    }
    return ((*hours * 60 + *minutes) * 60 + *seconds) * micro + fraction;
}

std::optional<std::int64_t> whole_days(std::string_view text) {
    const auto days = take_days(text);
    return text.empty() ? days : std::nullopt;
}

std::optional<std::int64_t> whole_time(std::string_view text) {
    const auto time = take_microseconds(text);
    return text.empty() ? time : std::nullopt;
}

std::optional<std::int64_t> whole_timestamp(std::string_view text) {
    const auto days = take_days(text);
    if (!days || *days > most_days || !take(text, ' ')) return std::nullopt;
    const auto time = take_microseconds(text);
    if (!time || !text.empty()) return std::nullopt;
    return *days * seconds_per_day * micro + *time;
}

// Towards the past, as a clock counts.
std::int64_t in_milliseconds(std::int64_t microseconds) {
    constexpr std::int64_t milli = 1000;
    return microseconds / milli - (microseconds % milli < 0 ? 1 : 0);
}

void append_number(std::string& json, std::optional<std::int64_t> number, std::string_view text) {
    if (!number) return append_string(json, text);
    std::array<char, 24> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), *number);
    json.append(digits.data(), end);
}

// 2026-01-31 12:00:00.5+00 → 2026-01-31T12:00:00.500000Z
void append_moment(std::string& json, std::string_view text, int digits) {
    constexpr std::string_view utc = "+00";
    const auto space = text.find(' ');
    const bool is_usual = space != std::string_view::npos && text.ends_with(utc) &&
                          text.find_first_not_of("0123456789-:.+ ") == std::string_view::npos &&
                          text.size() > space + utc.size();
    if (!is_usual) return append_string(json, text);
    json += '"';
    json += text.substr(0, space);
    json += 'T';
    const std::string_view time = text.substr(space + 1, text.size() - space - 1 - utc.size());
    const std::size_t point = std::min(time.find('.'), time.size());
    json += time;
    if (point == time.size() && digits > 0) json += '.';
    const std::size_t shown = point == time.size() ? 0 : time.size() - point - 1;
    for (std::size_t i = shown; i < static_cast<std::size_t>(digits); ++i)
        json += '0';
    json += "Z\"";
}

int hex_digit(char c) {
    return is_digit(c) ? c - '0' : c - 'a' + 10;
}

// \x00ff
void append_base64(std::string& json, std::string_view text) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (!text.starts_with("\\x")) return append_string(json, text);
    text.remove_prefix(2);
    json += '"';
    const std::size_t count = text.size() / 2;
    for (std::size_t i = 0; i < count; i += 3) {
        std::uint32_t three = 0;
        for (std::size_t j = i; j < i + 3; ++j)
            three =
                three << 8U | (j < count ? static_cast<std::uint32_t>(hex_digit(text[2 * j]) * 16 +
                                                                      hex_digit(text[2 * j + 1]))
                                         : 0U);
        for (std::size_t j = 0; j < 4; ++j)
            json += i + j > count ? '=' : letters[three >> (18 - 6 * j) & 63U];
    }
    json += '"';
}

bool take_digits(std::string_view& text) {
    const std::size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(size);
    return size > 0;
}

bool is_json_number(std::string_view text) {
    take(text, '-');
    const bool has_leading_zero = text.size() > 1 && text[0] == '0' && is_digit(text[1]);
    if (has_leading_zero || !take_digits(text)) return false;
    if (take(text, '.') && !take_digits(text)) return false;
    if (take(text, 'e')) {
        if (!take(text, '-')) take(text, '+');
        if (!take_digits(text)) return false;
    }
    return text.empty();
}

void append_number_text(std::string& json, std::string_view text) {
    if (is_json_number(text))
        json += text;
    else
        append_string(json, text);
}

}  // namespace

ValueForm form_of(std::uint32_t type, std::int32_t modifier) {
    const bool is_coarse = modifier >= 0 && modifier <= milliseconds_precision;
    switch (type) {
        case oid::boolean:
            return ValueForm::boolean;
        case oid::int2:
        case oid::int4:
        case oid::int8:
        case oid::oid:
        case oid::float4:
        case oid::float8:
            return ValueForm::number;
        case oid::bytea:
            return ValueForm::base64;
        case oid::date:
            return ValueForm::days;
        case oid::timestamp:
            return is_coarse ? ValueForm::milliseconds : ValueForm::microseconds;
        case oid::timestamptz:
            return ValueForm::moment;
        case oid::time:
            return is_coarse ? ValueForm::time_of_day_milliseconds
                             : ValueForm::time_of_day_microseconds;
        default:
            return ValueForm::text;
    }
}

void append_value(std::string& json, ValueForm form, std::string_view text, int digits) {
    const auto milliseconds = [](std::optional<std::int64_t> value) {
        return value ? std::optional(in_milliseconds(*value)) : std::nullopt;
    };
    switch (form) {
        case ValueForm::text:
            return append_string(json, text);
        case ValueForm::number:
            return append_number_text(json, text);
        case ValueForm::boolean:
            json += text == "t" ? "true" : "false";
            return;
        case ValueForm::base64:
            return append_base64(json, text);
        case ValueForm::days:
            return append_number(json, whole_days(text), text);
        case ValueForm::milliseconds:
            return append_number(json, milliseconds(whole_timestamp(text)), text);
        case ValueForm::microseconds:
            return append_number(json, whole_timestamp(text), text);
        case ValueForm::moment:
            return append_moment(json, text, digits);
        case ValueForm::time_of_day_milliseconds:
            return append_number(json, milliseconds(whole_time(text)), text);
        case ValueForm::time_of_day_microseconds:
            return append_number(json, whole_time(text), text);
    }
}

void append_string(std::string& json, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    json += '"';
    std::size_t clean = 0;  // what needs no escape is copied in one piece
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        json += text.substr(clean, i - clean);
        clean = i + 1;
        json += '\\';
        if (c >= 0x20) {
            json += static_cast<char>(c);
        } else if (const auto at = std::string_view("\b\t\n\f\r").find(static_cast<char>(c));
                   at != std::string_view::npos) {
            json += "btnfr"[at];
        } else {
            json += "u00";
            json += hex[c >> 4U];
            json += hex[c & 15U];
        }
    }
    json += text.substr(clean);
    json += '"';
}

}  // namespace tidewheel::changefeed
