#pragma once
#include <optional>
#include <string_view>

#include "parse_result.hpp"
#include "tidewheel/engine/batch.hpp"

namespace tidewheel::codec {

// A decimal number as PostgreSQL's numeric_in reads it, with the digits after the point that it is
// written with. Rounded to the limit's scale, half away from zero; out_of_range beyond its
// precision, and for NaN, Infinity, and numbers outside is_within_limits. What is too wide for an
// engine::Numeric is memory of the arena.
ParseResult read_numeric(std::string_view text, const std::optional<engine::NumericLimit>& limit,
                         engine::Arena& arena, engine::Numeric& value);

// The two ways to read one: [-]digits[.digits] which nearly every number is (nullopt: this is
// something else, or longer than 18 characters), and any number at all.
std::optional<ParseResult> read_short_numeric(std::string_view text,
                                              const std::optional<engine::NumericLimit>& limit,
                                              engine::Numeric& value);
ParseResult read_any_numeric(std::string_view text,
                             const std::optional<engine::NumericLimit>& limit, engine::Arena& arena,
                             engine::Numeric& value);

}  // namespace tidewheel::codec
