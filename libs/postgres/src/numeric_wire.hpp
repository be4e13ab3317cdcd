#pragma once
#include <cstddef>

#include "tidewheel/engine/numeric.hpp"

namespace tidewheel::postgres {

// What a numeric that is not wide takes at most: four int16, and its digits in base 10,000.
inline constexpr std::size_t numeric_groups_limit = 11;
inline constexpr std::size_t numeric_wire_limit = 2 * (4 + numeric_groups_limit);

// Writes a numeric that is not wide in PostgreSQL's binary form (numeric_send), and returns where it
// ends: ndigits, weight, sign and dscale, then the digits without zeros at either end.
char* put_numeric(char* at, const engine::Numeric& value);

}  // namespace tidewheel::postgres
