#include "constants.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

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
        case Kind::float32:
        case Kind::uuid:
        case Kind::date:
        case Kind::time:
        case Kind::timestamp:
        case Kind::timestamptz:
        case Kind::json:
        case Kind::jsonb:
        case Kind::other:
            break;
    }
    return false;
}

}  // namespace tidewheel::engine
