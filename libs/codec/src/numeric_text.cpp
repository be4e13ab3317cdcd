#include "numeric_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "number_text.hpp"

namespace tidewheel::codec {

using engine::Numeric;

namespace {

constexpr std::uint16_t positive = 0x0000, negative = 0x4000;
constexpr std::size_t header_size = 4 * sizeof(std::uint16_t);

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// 0.d1d2d3… × 10^point. No leading zero digits; zero has no digits at all.
struct Decimal {
    std::array<char, number_length_limit> digits;  // '0' to '9'
    int count = 0;
    int point = 0;
    int scale = 0;  // digits to show after the point
    bool is_negative = false;
};

bool is_special(std::string_view text) {
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    return std::ranges::any_of(
        std::array<std::string_view, 3>{"nan", "inf", "infinity"}, [text](std::string_view name) {
            return std::ranges::equal(text, name, {},
                                      [](char c) { return static_cast<char>(c | 0x20); });
        });
}

// Reads "digits[.digits]" or ".digits" off the front of the text.
bool take_digits(std::string_view& text, Decimal& decimal) {
    bool any = false, after_point = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (!is_digit(c)) break;
        any = true;
        decimal.scale += after_point;
        if (c == '0' && decimal.count == 0) {
            decimal.point -= after_point;
            continue;
        }
        decimal.digits[static_cast<std::size_t>(decimal.count++)] = c;
        decimal.point += !after_point;
    }
    text.remove_prefix(at);
    return any;
}

bool take_exponent(std::string_view text, Decimal& decimal) {
    if (text.empty()) return true;
    if (text[0] != 'e' && text[0] != 'E') return false;
    text.remove_prefix(1);
    if (text.size() > 1 && text[0] == '+' && is_digit(text[1])) text.remove_prefix(1);
    int exponent = 0;
    const char* end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, exponent);
    if (error != std::errc{} || read_to != end) return false;
    decimal.point += exponent;
    decimal.scale = std::max(0, decimal.scale - exponent);
    return true;
}

ParseResult read_decimal(std::string_view text, Decimal& decimal) {
    text = without_spaces(text);
    if (is_special(text) || text.size() > number_length_limit) return ParseResult::out_of_range;
    const std::string_view whole = text;
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
        decimal.is_negative = text[0] == '-';
        text.remove_prefix(1);
    }
    if (!take_digits(text, decimal)) return ParseResult::wrong_type;
    if (!is_within_limits(whole)) return ParseResult::out_of_range;
    return take_exponent(text, decimal) ? ParseResult::ok : ParseResult::wrong_type;
}

// Adds one unit in the last place. Nines become zeros, which are dropped.
void increment(Decimal& decimal) {
    while (decimal.count > 0 && decimal.digits[static_cast<std::size_t>(decimal.count - 1)] == '9')
        --decimal.count;
    if (decimal.count > 0) {
        ++decimal.digits[static_cast<std::size_t>(decimal.count - 1)];
        return;
    }
    decimal.digits[0] = '1';
    decimal.count = 1;
    ++decimal.point;
}

void round_to(Decimal& decimal, int scale) {
    decimal.scale = std::max(0, scale);
    const int kept = decimal.point + scale;
    if (kept >= decimal.count) return;
    const bool up = kept >= 0 && decimal.digits[static_cast<std::size_t>(kept)] >= '5';
    decimal.count = std::max(0, kept);
    if (up) increment(decimal);
}

// One base-10,000 digit: the four decimal digits from `first` on, zeros where there are none.
std::uint16_t digit_at(const Decimal& decimal, int first) {
    int value = 0;
    for (int at = first; at < first + 4; ++at) {
        const bool exists = at >= 0 && at < decimal.count;
        value = value * 10 + (exists ? decimal.digits[static_cast<std::size_t>(at)] - '0' : 0);
    }
    return static_cast<std::uint16_t>(value);
}

char* put(char* to, std::uint16_t value) {
    to[0] = static_cast<char>(value >> 8);
    to[1] = static_cast<char>(value);
    return to + 2;
}

int floor_div(int a, int b) {
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

// PostgreSQL's binary form (numeric_send): ndigits, weight, sign and dscale as int16 in network
// order, then the digits in base 10,000.
std::string_view wire_form(Decimal& decimal, engine::Arena& arena) {
    while (decimal.digits[static_cast<std::size_t>(decimal.count - 1)] == '0')
        --decimal.count;
    const int weight = floor_div(decimal.point - 1, 4);
    const int first = decimal.point - 4 * (weight + 1);  // 0 to -3: of the leading group
    const int groups = (decimal.count - first + 3) / 4;
    const std::size_t size = header_size + static_cast<std::size_t>(groups) * sizeof(std::uint16_t);
    char* start = arena.allocate(size);
    char* to = put(start, static_cast<std::uint16_t>(groups));
    to = put(to, static_cast<std::uint16_t>(weight));
    to = put(to, decimal.is_negative ? negative : positive);
    to = put(to, static_cast<std::uint16_t>(decimal.scale));
    for (int group = 0; group < groups; ++group)
        to = put(to, digit_at(decimal, first + 4 * group));
    return {start, size};
}

// Digits that were dropped as zeros, or rounded to zeros, are written again: scale is what is shown.
Numeric value_of(Decimal& decimal, engine::Arena& arena) {
    if (decimal.count == 0) return Numeric::of(0, decimal.scale, decimal.scale);
    const int width = decimal.point + decimal.scale;
    if (width > Numeric::digits_limit) return Numeric::of_wire(wire_form(decimal, arena));
    Numeric::Int128 unscaled = 0;
    for (int at = 0; at < width; ++at)
        unscaled = unscaled * 10 +
                   (at < decimal.count ? decimal.digits[static_cast<std::size_t>(at)] - '0' : 0);
    return Numeric::of(decimal.is_negative ? -unscaled : unscaled, decimal.scale, decimal.scale);
}

// The longest short number, and what it is multiplied or divided by to get another scale.
constexpr int short_digits = 18;
constexpr std::array<std::uint64_t, short_digits + 1> powers_of_ten = [] {
    std::array<std::uint64_t, short_digits + 1> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i)
        powers[i] = powers[i - 1] * 10;
    return powers;
}();

std::uint64_t power_of_ten(int exponent) {
    return powers_of_ten[static_cast<std::size_t>(exponent)];
}

// Half up. False: the result has more than 18 digits.
bool rescale(std::uint64_t& digits, int by) {
    if (by > 0) {
        if (by > short_digits || digits >= power_of_ten(short_digits - by)) return false;
        digits *= power_of_ten(by);
    } else if (by < 0) {
        const std::uint64_t unit = power_of_ten(-by), rest = digits % unit;
        digits = digits / unit + (rest >= unit - rest);
    }
    return true;
}

const char* skip_digits(const char* at, const char* end, std::uint64_t& digits) {
    for (; at != end && is_digit(*at); ++at)
        digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
    return at;
}

}  // namespace

std::optional<ParseResult> read_short_numeric(std::string_view text,
                                              const std::optional<engine::NumericLimit>& limit,
                                              Numeric& value) {
    const bool is_negative = text.starts_with('-');
    const char* const first = text.data() + is_negative;
    const char* const end = text.data() + text.size();
    if (end - first > short_digits) return std::nullopt;
    std::uint64_t digits = 0;
    const char* at = skip_digits(first, end, digits);
    if (at == first) return std::nullopt;
    int scale = 0;
    if (at != end) {
        if (*at != '.') return std::nullopt;
        const char* const fraction = at + 1;
        at = skip_digits(fraction, end, digits);
        if (at == fraction || at != end) return std::nullopt;
        scale = static_cast<int>(end - fraction);
    }
    if (limit) {
        if (limit->scale < 0 || !rescale(digits, limit->scale - scale)) return std::nullopt;
        if (limit->precision <= short_digits && digits >= power_of_ten(limit->precision))
            return ParseResult::out_of_range;
        scale = limit->scale;
    }
    const auto unscaled = static_cast<std::int64_t>(digits);
    value = Numeric::of(is_negative ? -unscaled : unscaled, scale, scale);
    return ParseResult::ok;
}

ParseResult read_any_numeric(std::string_view text,
                             const std::optional<engine::NumericLimit>& limit, engine::Arena& arena,
                             Numeric& value) {
    Decimal decimal;
    const ParseResult verdict = read_decimal(text, decimal);
    if (verdict != ParseResult::ok) return verdict;
    if (limit) {
        round_to(decimal, limit->scale);
        const bool fits = decimal.count == 0 || decimal.point <= limit->precision - limit->scale;
        if (!fits) return ParseResult::out_of_range;
    }
    value = value_of(decimal, arena);
    return ParseResult::ok;
}

ParseResult read_numeric(std::string_view text, const std::optional<engine::NumericLimit>& limit,
                         engine::Arena& arena, Numeric& value) {
    if (const auto verdict = read_short_numeric(text, limit, value)) return *verdict;
    return read_any_numeric(text, limit, arena, value);
}

}  // namespace tidewheel::codec
