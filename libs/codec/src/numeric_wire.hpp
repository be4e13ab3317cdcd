#pragma once
#include <optional>
#include <string_view>

#include "tidewheel/engine/batch.hpp"
#include "verdict.hpp"

namespace tidewheel::codec {

// A decimal number in PostgreSQL's binary form (numeric_send): ndigits, weight, sign and dscale as
// int16 in network order, then the digits in base 10,000. Rounded to the limit's scale, half away
// from zero; out_of_range beyond its precision, and for NaN, Infinity, and numbers outside
// is_within_limits. `wire` is memory of the arena.
Verdict read_numeric(std::string_view text, std::optional<engine::NumericLimit> limit,
                     engine::Arena& arena, std::string_view& wire);

}  // namespace tidewheel::codec
