#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/numeric_math.hpp"

// PostgreSQL's order of values: less than 0, 0 or more than 0.
namespace tidewheel::engine {

// NaN comes after every other number, and equals itself.
inline int order_of(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return int{std::isnan(a)} - int{std::isnan(b)};
    return a < b ? -1 : a > b;
}
// By bytes.
inline int order_of(std::string_view a, std::string_view b) {
    const int order = a.compare(b);
    return order;
}
inline int order_of(const Uuid& a, const Uuid& b) {
    return std::memcmp(a.bytes, b.bytes, sizeof a.bytes);
}
inline int order_of(std::int64_t a, std::int64_t b) {
    return a < b ? -1 : a > b;
}

// false: it can't be told.
template <class A, class B>
bool order_between(const A& a, const B& b, int& order) {
    if constexpr (std::is_same_v<A, Numeric>)
        return compare(a, b, order);
    else if constexpr (std::is_integral_v<A>)
        order = order_of(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
    else
        order = order_of(a, b);
    return true;
}

}  // namespace tidewheel::engine
