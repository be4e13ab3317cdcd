#include "constants.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "tidewheel/engine/numeric.hpp"

namespace tidewheel::engine {
namespace {

template <class T>
bool put(const T& value, std::vector<std::byte>& to) {
    to.resize(sizeof value);
    std::memcpy(to.data(), &value, sizeof value);
    return true;
}

template <class T>
bool read_whole(std::string_view text, T& value) {
    const char* end = text.data() + text.size();
    const auto [read_to, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && read_to == end;
}

bool read_numeric(std::string_view text, Numeric& value) {
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);
    const std::size_t point = text.find('.');
    const bool has_point = point != std::string_view::npos;
    Numeric::Int128 unscaled = 0;
    int digits = 0;
    for (const char c : text) {
        if (c == '.') continue;
        if (c < '0' || c > '9' || ++digits > Numeric::digits_limit) return false;
        unscaled = unscaled * 10 + (c - '0');
    }
    const int scale = has_point ? static_cast<int>(text.size() - point - 1) : 0;
    value = Numeric::of(is_negative ? -unscaled : unscaled, scale, scale);
    return digits > 0 && static_cast<std::size_t>(digits) + has_point == text.size();
}

bool read_boolean(std::string_view text, std::uint8_t& value) {
    value = text == "true" || text == "t";
    return value || text == "false" || text == "f";
}

// The digits of a big-endian integer.
template <class Integer>
bool read_binary(std::string_view hex, Integer& value) {
    std::make_unsigned_t<Integer> bits = 0;
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
    value = static_cast<Integer>(bits);
    return error == std::errc{} && end == hex.data() + hex.size() && hex.size() == 2 * sizeof value;
}

template <class Integer>
bool put_binary(std::string_view hex, std::vector<std::byte>& to) {
    Integer value = 0;
    return read_binary(hex, value) && put(value, to);
}

}  // namespace

bool read_constant(Kind kind, const std::string& text, std::vector<std::byte>& value) {
    switch (kind) {
        case Kind::boolean: {
            std::uint8_t truth = 0;
            return read_boolean(text, truth) && put(truth, value);
        }
        case Kind::int16: {
            std::int16_t number = 0;
            return read_whole(text, number) && put(std::int32_t{number}, value);
        }
        case Kind::int32: {
            std::int32_t number = 0;
            return read_whole(text, number) && put(number, value);
        }
        case Kind::int64: {
            std::int64_t number = 0;
            return read_whole(text, number) && put(number, value);
        }
        case Kind::float64: {
            double number = 0;
            return read_whole(text, number) && std::isfinite(number) && put(number, value);
        }
        case Kind::numeric: {
            Numeric number;
            return read_numeric(text, number) && put(number, value);
        }
        case Kind::text:
        case Kind::varchar:
            return put(std::string_view(text), value);
        case Kind::date:
            return put_binary<std::int32_t>(text, value);
        case Kind::time:
        case Kind::timestamp:
        case Kind::timestamptz:
            return put_binary<std::int64_t>(text, value);
        case Kind::float32:
        case Kind::uuid:
        case Kind::json:
        case Kind::jsonb:
        case Kind::bytea:
        case Kind::other:
            break;
    }
    return false;
}

bool read_constant(const std::string& text, Interval& interval) {
    constexpr std::int32_t most_months = 12 * 10'000, most_days = 31 * most_months;
    const std::string_view hex = text;
    return hex.size() == 32 && read_binary(hex.substr(0, 16), interval.microseconds) &&
           read_binary(hex.substr(16, 8), interval.days) &&
           read_binary(hex.substr(24), interval.months) &&
           std::abs(std::int64_t{interval.months}) <= most_months &&
           std::abs(std::int64_t{interval.days}) <= most_days &&
           std::abs(interval.microseconds / 86'400'000'000) <= most_days;
}

}  // namespace tidewheel::engine
