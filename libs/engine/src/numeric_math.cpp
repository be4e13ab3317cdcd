#include "tidewheel/engine/numeric_math.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace tidewheel::engine {
namespace {

using Int128 = Numeric::Int128;
__extension__ using UInt128 = unsigned __int128;

constexpr int least_digits_of_quotient = 16;  // NUMERIC_MIN_SIG_DIGITS
constexpr int most_shown = 1000;              // NUMERIC_MAX_DISPLAY_SCALE
constexpr int digits_in_group = 4;            // of base 10,000

constexpr auto powers_of_ten = [] {
    std::array<Int128, Numeric::digits_limit + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i)
        powers[i] = powers[i - 1] * 10;
    return powers;
}();

bool times_power_of_ten(Int128 value, int exponent, Int128& product) {
    if (value == 0 || exponent == 0) return product = value, true;
    if (exponent > Numeric::digits_limit) return false;
    return !__builtin_mul_overflow(value, powers_of_ten[static_cast<std::size_t>(exponent)],
                                   &product);
}

UInt128 magnitude(Int128 value) {
    return value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

// Decimal digits; 0 for 0.
int count_digits(Int128 value) {
    const UInt128 size = magnitude(value);
    if (size == 0) return 0;
    const auto high = static_cast<std::uint64_t>(size >> 64);
    const int bits = 128 - (high ? std::countl_zero(high)
                                 : 64 + std::countl_zero(static_cast<std::uint64_t>(size)));
    const int digits = bits * 1233 >> 12;  // log10 of 2, rounded down: exact or one too few
    if (digits > Numeric::digits_limit) return digits;
    return digits + (size >= static_cast<UInt128>(powers_of_ten[static_cast<std::size_t>(digits)]));
}

bool aligned(const Numeric& a, const Numeric& b, Int128& left, Int128& right) {
    const int scale = std::max(a.scale, b.scale);
    return !a.is_wide() && !b.is_wide() &&
           times_power_of_ten(a.unscaled(), scale - a.scale, left) &&
           times_power_of_ten(b.unscaled(), scale - b.scale, right);
}

int floor_div(int a, int b) {
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

// The weight of the first group of four digits that is not 0, and that group.
struct Leading {
    int weight = 0, group = 0;
};
Leading leading(const Numeric& a) {
    const Int128 value = a.unscaled();
    if (value == 0) return {};
    const int weight = floor_div(count_digits(value) - a.scale - 1, digits_in_group);
    const int dropped = a.scale + digits_in_group * weight;  // digits behind the group
    UInt128 group = magnitude(value);
    for (int i = 0; i < dropped; ++i)
        group /= 10;
    for (int i = dropped; i < 0; ++i)
        group *= 10;
    return {weight, static_cast<int>(group)};
}

// select_div_scale
int shown_of_quotient(const Numeric& a, const Numeric& b) {
    const Leading dividend = leading(a), divisor = leading(b);
    const int weight = dividend.weight - divisor.weight - (dividend.group <= divisor.group ? 1 : 0);
    const int shown = std::max({least_digits_of_quotient - weight * digits_in_group,
                                static_cast<int>(a.shown), static_cast<int>(b.shown), 0});
    return std::min(shown, most_shown);
}

Int128 divided(Int128 value, Int128 divisor, Rounding rounding) {
    const Int128 quotient = value / divisor, rest = value % divisor;
    if (rest == 0) return quotient;
    const bool is_negative = (value < 0) != (divisor < 0);
    bool away = false;
    switch (rounding) {
        case Rounding::half_away:
            away = magnitude(rest) >= magnitude(divisor) - magnitude(rest);
            break;
        case Rounding::down:
            break;
        case Rounding::floor:
            away = is_negative;
            break;
        case Rounding::ceiling:
            away = !is_negative;
            break;
    }
    return quotient + (away ? (is_negative ? -1 : 1) : 0);
}

// The exponent, where the value is a power of ten; else -1.
int power_of_ten(Int128 value) {
    const int digits = count_digits(value);
    return digits > 0 &&
                   magnitude(value) ==
                       static_cast<UInt128>(powers_of_ten[static_cast<std::size_t>(digits - 1)])
               ? digits - 1
               : -1;
}

}  // namespace

bool add(const Numeric& a, const Numeric& b, Numeric& sum) {
    Int128 left = 0, right = 0, result = 0;
    if (!aligned(a, b, left, right) || __builtin_add_overflow(left, right, &result)) return false;
    sum = Numeric::of(result, std::max(a.scale, b.scale), std::max(a.shown, b.shown));
    return true;
}

bool subtract(const Numeric& a, const Numeric& b, Numeric& difference) {
    Numeric negative;
    return negate(b, negative) && add(a, negative, difference);
}

bool multiply(const Numeric& a, const Numeric& b, Numeric& product) {
    if (a.is_wide() || b.is_wide()) return false;
    Int128 result = 0;
    if (__builtin_mul_overflow(a.unscaled(), b.unscaled(), &result)) return false;
    const int shown = a.shown + b.shown;
    if (shown > most_shown) return false;
    product = Numeric::of(result, a.scale + b.scale, shown);
    return true;
}

bool divide(const Numeric& a, const Numeric& b, Numeric& quotient) {
    if (a.is_wide() || b.is_wide() || b.unscaled() == 0) return false;
    const int shown = shown_of_quotient(a, b);
    if (const int power = power_of_ten(b.unscaled()); power >= 0) {
        const int scale = a.scale - b.scale + power;
        if (scale >= 0 && scale <= shown) {
            quotient = Numeric::of(a.unscaled(), scale, shown);
            return b.unscaled() > 0 || negate(quotient, quotient);
        }
    }
    const int exponent = shown - a.scale + b.scale;
    Int128 dividend = 0, divisor = 0;
    if (!times_power_of_ten(a.unscaled(), std::max(exponent, 0), dividend) ||
        !times_power_of_ten(b.unscaled(), std::max(-exponent, 0), divisor) || divisor == -1)
        return false;
    quotient = Numeric::of(divided(dividend, divisor, Rounding::half_away), shown, shown);
    return true;
}

bool modulo(const Numeric& a, const Numeric& b, Numeric& rest) {
    Int128 left = 0, right = 0;
    if (!aligned(a, b, left, right) || right == 0) return false;
    rest = Numeric::of(right == -1 ? 0 : left % right, std::max(a.scale, b.scale),
                       std::max(a.shown, b.shown));
    return true;
}

bool negate(const Numeric& a, Numeric& negative) {
    Int128 value = 0;
    if (a.is_wide() || __builtin_sub_overflow(Int128{0}, a.unscaled(), &value)) return false;
    negative = Numeric::of(value, a.scale, a.shown);
    return true;
}

bool compare(const Numeric& a, const Numeric& b, int& order) {
    Int128 left = 0, right = 0;
    if (!aligned(a, b, left, right)) return false;
    order = left < right ? -1 : left > right;
    return true;
}

bool round_to(const Numeric& a, int scale, Rounding rounding, Numeric& rounded) {
    if (a.is_wide() || scale > most_shown || scale < -Numeric::digits_limit) return false;
    const int shown = std::max(scale, 0);
    if (a.scale <= scale) {
        rounded = Numeric::of(a.unscaled(), a.scale, shown);
        return true;
    }
    const int dropped = a.scale - scale;
    Int128 value = 0;
    if (dropped <= Numeric::digits_limit)
        value = divided(a.unscaled(), powers_of_ten[static_cast<std::size_t>(dropped)], rounding);
    else if (rounding == Rounding::floor || rounding == Rounding::ceiling)
        return false;
    if (scale < 0 && !times_power_of_ten(value, -scale, value)) return false;
    rounded = Numeric::of(value, shown, shown);
    return true;
}

bool fit(const Numeric& a, int precision, int scale, Numeric& fitted) {
    if (!round_to(a, scale, Rounding::half_away, fitted)) return false;
    return count_digits(fitted.unscaled()) - fitted.scale <= precision - scale;
}

bool to_integer(const Numeric& a, std::int64_t& value) {
    Numeric whole;
    if (!round_to(a, 0, Rounding::half_away, whole)) return false;
    Int128 unscaled = 0;
    if (!times_power_of_ten(whole.unscaled(), -whole.scale, unscaled)) return false;
    value = static_cast<std::int64_t>(unscaled);
    return value == unscaled;
}

// Through digits, so that it is rounded once.
bool to_double(const Numeric& a, double& value) {
    if (a.is_wide()) return false;
    std::array<char, 64> text{};
    char* end = text.data() + text.size();
    char* at = end;
    char exponent[8];
    const auto written = std::to_chars(exponent, exponent + sizeof exponent, -int{a.scale});
    for (const char* c = written.ptr; c != exponent;)
        *--at = *--c;
    *--at = 'e';
    UInt128 rest = magnitude(a.unscaled());
    do {
        *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (a.unscaled() < 0) *--at = '-';
    const auto [read_to, error] = std::from_chars(at, end, value);
    return error == std::errc{} && read_to == end;
}

}  // namespace tidewheel::engine
