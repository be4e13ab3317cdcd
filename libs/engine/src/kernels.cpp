#include "kernels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "kernel_tables.hpp"
#include "ordering.hpp"
#include "strict.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/engine/numeric_math.hpp"

namespace tidewheel::engine {
namespace {

// --- comparisons

template <auto holds>
constexpr auto compares = [](const auto& a, const auto& b, std::uint8_t& to) {
    int order = 0;
    if (!order_between(a, b, order)) return false;
    to = static_cast<std::uint8_t>(holds(order, 0));
    return true;
};

template <Kind A, Kind B>
void add_comparisons(std::vector<KernelEntry>& table) {
    constexpr Kind R = Kind::boolean;
    const auto add = [&](std::string_view name, Kernel kernel) {
        table.push_back({name, {A, B}, R, kernel});
    };
    add("=", binary<A, B, R, compares<std::equal_to<int>{}>>);
    add("<>", binary<A, B, R, compares<std::not_equal_to<int>{}>>);
    add("<", weakened("wrong_less") ? binary<A, B, R, compares<std::less_equal<int>{}>>
                                    : binary<A, B, R, compares<std::less<int>{}>>);
    add("<=", binary<A, B, R, compares<std::less_equal<int>{}>>);
    add(">", binary<A, B, R, compares<std::greater<int>{}>>);
    add(">=", binary<A, B, R, compares<std::greater_equal<int>{}>>);
}

// --- arithmetic

template <Kind A, Kind B, Kind R>
void add_integer_arithmetic(std::vector<KernelEntry>& table) {
    const auto add = [&](std::string_view name, Kernel kernel) {
        table.push_back({name, {A, B}, R, kernel});
    };
    add("+", binary<A, B, R, [](std::int64_t a, std::int64_t b, auto& to) {
            std::int64_t result = 0;
            return !__builtin_add_overflow(a, b, &result) && in_range<R>(result, to);
        }>);
    add("-", binary<A, B, R, [](std::int64_t a, std::int64_t b, auto& to) {
            std::int64_t result = 0;
            return !__builtin_sub_overflow(a, b, &result) && in_range<R>(result, to);
        }>);
    add("*", binary<A, B, R, [](std::int64_t a, std::int64_t b, auto& to) {
            std::int64_t result = 0;
            return !__builtin_mul_overflow(a, b, &result) && in_range<R>(result, to);
        }>);
    add("/", binary<A, B, R, [](std::int64_t a, std::int64_t b, auto& to) {
            if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) return false;
            return in_range<R>(a / b, to);
        }>);
    if constexpr (A == B)
        add("%", binary<A, B, R, [](std::int64_t a, std::int64_t b, auto& to) {
                return b != 0 && in_range<R>(b == -1 ? 0 : a % b, to);
            }>);
}

template <Kind A>
void add_integer_functions(std::vector<KernelEntry>& table) {
    table.push_back({"-", {A}, A, unary<A, A, [](std::int64_t a, auto& to) {
                         std::int64_t result = 0;
                         return !__builtin_sub_overflow(std::int64_t{0}, a, &result) &&
                                in_range<A>(result, to);
                     }>});
    table.push_back({"abs", {A}, A, unary<A, A, [](std::int64_t a, auto& to) {
                         return a != std::numeric_limits<std::int64_t>::min() &&
                                in_range<A>(a < 0 ? -a : a, to);
                     }>});
}

// Only of float8: float4 is rounded after each step. A result that has become infinite or 0 is an
// error in PostgreSQL.
template <auto operation>
constexpr auto floats = [](double a, double b, double& to) {
    to = operation(a, b);
    return std::isfinite(a) && std::isfinite(b) && std::isfinite(to);
};

void add_float_arithmetic(std::vector<KernelEntry>& table) {
    constexpr Kind F = Kind::float64;
    table.push_back(
        {"+", {F, F}, F, binary<F, F, F, floats<[](double a, double b) { return a + b; }>>});
    table.push_back(
        {"-", {F, F}, F, binary<F, F, F, floats<[](double a, double b) { return a - b; }>>});
    table.push_back({"*", {F, F}, F, binary<F, F, F, [](double a, double b, double& to) {
                         return floats<[](double x, double y) { return x * y; }>(a, b, to) &&
                                (to != 0 || a == 0 || b == 0);
                     }>});
    table.push_back({"/", {F, F}, F, binary<F, F, F, [](double a, double b, double& to) {
                         return b != 0 &&
                                floats<[](double x, double y) { return x / y; }>(a, b, to) &&
                                (to != 0 || a == 0);
                     }>});
    table.push_back({"-", {F}, F, unary<F, F, [](double a, double& to) {
                         to = -a;
                         return true;
                     }>});
    table.push_back({"abs", {F}, F, unary<F, F, [](double a, double& to) {
                         to = std::fabs(a);
                         return true;
                     }>});
}

template <Rounding rounding>
constexpr auto whole = [](const Numeric& a, Numeric& to) { return round_to(a, 0, rounding, to); };
template <Rounding rounding>
constexpr auto rounds = [](const Numeric& a, std::int32_t scale, Numeric& to) {
    return round_to(a, scale, rounding, to);
};

void add_numeric_functions(std::vector<KernelEntry>& table) {
    constexpr Kind N = Kind::numeric, I = Kind::int32;
    table.push_back({"+", {N, N}, N, binary<N, N, N, &engine::add>});
    table.push_back({"-", {N, N}, N, binary<N, N, N, &subtract>});
    table.push_back({"*", {N, N}, N, binary<N, N, N, &multiply>});
    table.push_back({"/", {N, N}, N, binary<N, N, N, &divide>});
    table.push_back({"%", {N, N}, N, binary<N, N, N, &modulo>});
    table.push_back({"-", {N}, N, unary<N, N, &engine::negate>});
    table.push_back({"abs", {N}, N, unary<N, N, [](const Numeric& a, Numeric& to) {
                         if (a.is_wide()) return false;
                         to = a;
                         return a.high >= 0 || engine::negate(a, to);
                     }>});
    table.push_back({"round", {N}, N, unary<N, N, whole<Rounding::half_away>>});
    table.push_back({"trunc", {N}, N, unary<N, N, whole<Rounding::down>>});
    table.push_back({"floor", {N}, N, unary<N, N, whole<Rounding::floor>>});
    table.push_back({"ceil", {N}, N, unary<N, N, whole<Rounding::ceiling>>});
    table.push_back({"ceiling", {N}, N, unary<N, N, whole<Rounding::ceiling>>});
    table.push_back({"round", {N, I}, N, binary<N, I, N, rounds<Rounding::half_away>>});
    table.push_back({"trunc", {N, I}, N, binary<N, I, N, rounds<Rounding::down>>});
}

std::vector<KernelEntry> make_table() {
    using enum Kind;
    std::vector<KernelEntry> table;
    add_comparisons<boolean, boolean>(table);
    add_comparisons<int16, int16>(table);
    add_comparisons<int16, int32>(table);
    add_comparisons<int32, int16>(table);
    add_comparisons<int32, int32>(table);
    add_comparisons<int16, int64>(table);
    add_comparisons<int64, int16>(table);
    add_comparisons<int32, int64>(table);
    add_comparisons<int64, int32>(table);
    add_comparisons<int64, int64>(table);
    add_comparisons<float32, float32>(table);
    add_comparisons<float32, float64>(table);
    add_comparisons<float64, float32>(table);
    add_comparisons<float64, float64>(table);
    add_comparisons<numeric, numeric>(table);
    add_comparisons<text, text>(table);
    add_comparisons<uuid, uuid>(table);
    add_comparisons<date, date>(table);
    add_comparisons<time, time>(table);
    add_comparisons<timestamp, timestamp>(table);
    add_comparisons<timestamptz, timestamptz>(table);
    add_integer_arithmetic<int16, int16, int16>(table);
    add_integer_arithmetic<int16, int32, int32>(table);
    add_integer_arithmetic<int32, int16, int32>(table);
    add_integer_arithmetic<int32, int32, int32>(table);
    add_integer_arithmetic<int16, int64, int64>(table);
    add_integer_arithmetic<int64, int16, int64>(table);
    add_integer_arithmetic<int32, int64, int64>(table);
    add_integer_arithmetic<int64, int32, int64>(table);
    add_integer_arithmetic<int64, int64, int64>(table);
    add_integer_functions<int16>(table);
    add_integer_functions<int32>(table);
    add_integer_functions<int64>(table);
    add_float_arithmetic(table);
    add_numeric_functions(table);
    add_text_functions(table);
    add_time_functions(table);
    return table;
}

const std::vector<KernelEntry>& table() {
    static const std::vector<KernelEntry> entries = make_table();
    return entries;
}

}  // namespace

const KernelEntry* find_kernel(std::string_view name, std::span<const Kind> arguments) {
    const auto found = std::ranges::find_if(table(), [&](const KernelEntry& entry) {
        return entry.name == name && std::ranges::equal(entry.arguments, arguments);
    });
    return found == table().end() ? nullptr : &*found;
}

std::vector<NativeFunction> native_functions() {
    std::vector<NativeFunction> functions;
    for (const KernelEntry& entry : table())
        functions.push_back({entry.name, entry.arguments});
    return functions;
}

}  // namespace tidewheel::engine
