#include "value_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "tidewheel/core/text.hpp"

namespace tidewheel::executor {
namespace {

using engine::Kind;
using engine::Numeric;

constexpr std::int64_t microseconds_per_day = 86'400'000'000;

template <class Number>
std::string number_text(Number value) {
    std::array<char, 64> text;
    return {text.data(), std::to_chars(text.begin(), text.end(), value).ptr};
}

std::string numeric_text(const Numeric& value) {
    if (value.is_wide()) throw std::logic_error("the engine computes no such numeric");
    const Numeric::Int128 unscaled = value.unscaled();
    std::string digits;
    for (Numeric::Int128 rest = unscaled; rest != 0; rest /= 10)
        digits += static_cast<char>('0' + std::abs(static_cast<int>(rest % 10)));
    const auto scale = static_cast<std::size_t>(value.scale);
    digits.resize(std::max(digits.size(), scale + 1), '0');
    std::ranges::reverse(digits);
    digits.append(static_cast<std::size_t>(value.shown - value.scale), '0');
    if (value.shown > 0)
        digits.insert(digits.size() - static_cast<std::size_t>(value.shown), 1, '.');
    return (unscaled < 0 ? "-" : "") + digits;
}

std::string date_text(std::int64_t days) {
    using namespace std::chrono;
    if (days == std::numeric_limits<std::int32_t>::max()) return "infinity";
    if (days == std::numeric_limits<std::int32_t>::min()) return "-infinity";
    const year_month_day day{sys_days(2000y / January / 1) + std::chrono::days(days)};
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text.data();
}

std::string clock_text(std::int64_t microseconds) {
    const auto seconds = static_cast<int>(microseconds / 1'000'000);
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%02d:%02d:%02d.%06d", seconds / 3600,
                  seconds / 60 % 60, seconds % 60, static_cast<int>(microseconds % 1'000'000));
    return text.data();
}

std::string moment_text(std::int64_t time) {
    if (time == engine::before_all_times) return "-infinity";
    if (time == engine::after_all_times) return "infinity";
    std::int64_t days = time / microseconds_per_day, rest = time % microseconds_per_day;
    if (rest < 0) {
        --days;
        rest += microseconds_per_day;
    }
    return date_text(days) + " " + clock_text(rest);
}

std::string uuid_text(const engine::Uuid& uuid) {
    return to_hex({reinterpret_cast<const char*>(uuid.bytes), sizeof uuid.bytes});
}

}  // namespace

postgres::Parameter value_text(const engine::Vector& column, std::size_t row) {
    if (column.is_null(row)) return std::nullopt;
    switch (column.kind()) {
        case Kind::boolean:
            return column.at<std::uint8_t>(row) ? "true" : "false";
        case Kind::int16:
        case Kind::int32:
            return number_text(column.at<std::int32_t>(row));
        case Kind::int64:
            return number_text(column.at<std::int64_t>(row));
        case Kind::float32:
            return number_text(static_cast<float>(column.at<double>(row)));
        case Kind::float64:
            return number_text(column.at<double>(row));
        case Kind::numeric:
            return numeric_text(column.at<Numeric>(row));
        case Kind::uuid:
            return uuid_text(column.at<engine::Uuid>(row));
        case Kind::date:
            return date_text(column.at<std::int32_t>(row));
        case Kind::time:
            return clock_text(column.at<std::int64_t>(row));
        case Kind::timestamp:
        case Kind::timestamptz:
            return moment_text(column.at<std::int64_t>(row));
        case Kind::bytea:
            return "\\x" + to_hex(column.at<std::string_view>(row));
        case Kind::text:
        case Kind::varchar:
        case Kind::json:
        case Kind::jsonb:
        case Kind::other:
            break;
    }
    return std::string(column.at<std::string_view>(row));
}

}  // namespace tidewheel::executor
