#pragma once
#include <cstdint>
#include <string_view>

#include "parse_result.hpp"
#include "tidewheel/engine/arena.hpp"
#include "tidewheel/engine/schema.hpp"

namespace tidewheel::codec {

// A number of such units since 1970-01-01 00:00 UTC, in any form that a numeric column takes, as
// microseconds since 2000-01-01 00:00. What is finer is rounded as by PostgreSQL's round(numeric):
// half away from zero, that is from 1970. Only the years 1 to 9999 are in range.
ParseResult read_epoch(std::string_view text, engine::EpochUnit unit, engine::Arena& arena,
                       std::int64_t& microseconds);

// Of microseconds since 2000-01-01 00:00, the days.
std::int32_t day_of(std::int64_t microseconds);

}  // namespace tidewheel::codec
