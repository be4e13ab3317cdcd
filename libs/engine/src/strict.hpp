#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels.hpp"
#include "tidewheel/engine/numeric.hpp"

// What kernels of strict functions are made of: a function of one row's values, which returns false
// to decline.
namespace tidewheel::engine {

using Arguments = std::span<const Values>;

// What a value of a kind is held in, as in Vector.
template <Kind kind>
struct Held;
// clang-format off
template <> struct Held<Kind::boolean> { using Type = std::uint8_t; };
template <> struct Held<Kind::int16> { using Type = std::int32_t; };
template <> struct Held<Kind::int32> { using Type = std::int32_t; };
template <> struct Held<Kind::date> { using Type = std::int32_t; };
template <> struct Held<Kind::int64> { using Type = std::int64_t; };
template <> struct Held<Kind::time> { using Type = std::int64_t; };
template <> struct Held<Kind::timestamp> { using Type = std::int64_t; };
template <> struct Held<Kind::timestamptz> { using Type = std::int64_t; };
template <> struct Held<Kind::float32> { using Type = double; };
template <> struct Held<Kind::float64> { using Type = double; };
template <> struct Held<Kind::numeric> { using Type = Numeric; };
template <> struct Held<Kind::text> { using Type = std::string_view; };
template <> struct Held<Kind::varchar> { using Type = std::string_view; };
template <> struct Held<Kind::uuid> { using Type = Uuid; };
// clang-format on
template <Kind kind>
using HeldType = typename Held<kind>::Type;

// The result of a strict function is NULL where an argument is.
template <class Each>
bool over_rows(Arguments arguments, std::size_t rows, const Values& result, Each each) {
    bool has_nulls = false;
    for (const Values& argument : arguments)
        has_nulls |= argument.has_nulls;
    if (!has_nulls) {
        for (std::size_t row = 0; row < rows; ++row)
            if (!each(row)) return false;
        return true;
    }
    for (std::size_t row = 0; row < rows; ++row) {
        result.nulls[row] = std::ranges::any_of(
            arguments, [row](const Values& argument) { return argument.is_null(row); });
        if (!result.nulls[row] && !each(row)) return false;
    }
    return true;
}

template <Kind A, Kind R, auto function>
bool unary(const Call&, Arguments arguments, std::size_t rows, const Values& result) {
    const auto* a = arguments[0].as<HeldType<A>>();
    auto* to = result.as<HeldType<R>>();
    return over_rows(arguments, rows, result,
                     [=](std::size_t row) { return function(a[row], to[row]); });
}

template <Kind A, Kind B, Kind R, auto function>
bool binary(const Call&, Arguments arguments, std::size_t rows, const Values& result) {
    const auto* a = arguments[0].as<HeldType<A>>();
    const auto* b = arguments[1].as<HeldType<B>>();
    auto* to = result.as<HeldType<R>>();
    return over_rows(arguments, rows, result,
                     [=](std::size_t row) { return function(a[row], b[row], to[row]); });
}

// Whether a result fits the integers of a kind.
template <Kind kind, class T>
bool in_range(std::int64_t value, T& to) {
    if constexpr (kind == Kind::int16) {
        if (value != static_cast<std::int16_t>(value)) return false;
    } else if constexpr (kind == Kind::int32) {
        if (value != static_cast<std::int32_t>(value)) return false;
    }
    to = static_cast<T>(value);
    return true;
}

}  // namespace tidewheel::engine
