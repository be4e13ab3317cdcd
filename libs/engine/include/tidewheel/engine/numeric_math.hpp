#pragma once
#include <cstdint>

#include "tidewheel/engine/numeric.hpp"

// PostgreSQL's arithmetic of numeric, value and digits shown, as far as 38 digits go (source:
// PostgreSQL's numeric.c). Each returns false where it can't tell: more digits are needed, or
// PostgreSQL would raise an error.
namespace tidewheel::engine {

bool add(const Numeric& a, const Numeric& b, Numeric& sum);
bool subtract(const Numeric& a, const Numeric& b, Numeric& difference);
bool multiply(const Numeric& a, const Numeric& b, Numeric& product);
bool divide(const Numeric& a, const Numeric& b, Numeric& quotient);
bool modulo(const Numeric& a, const Numeric& b, Numeric& rest);  // PostgreSQL's %
bool negate(const Numeric& a, Numeric& negative);
// order: less than 0, 0 or more than 0.
bool compare(const Numeric& a, const Numeric& b, int& order);

enum class Rounding : std::uint8_t { half_away, down, floor, ceiling };  // down: towards 0
// Shows so many digits after the point; scale may be negative: tens, hundreds.
bool round_to(const Numeric& a, int scale, Rounding rounding, Numeric& rounded);
// The cast to numeric(precision, scale).
bool fit(const Numeric& a, int precision, int scale, Numeric& fitted);

inline Numeric from_integer(std::int64_t value) {
    return Numeric::of(value, 0, 0);
}
bool to_integer(const Numeric& a, std::int64_t& value);  // rounded half away from zero
bool to_double(const Numeric& a, double& value);

}  // namespace tidewheel::engine
