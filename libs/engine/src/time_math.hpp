#pragma once
#include <cstdint>

#include "tidewheel/engine/numeric.hpp"

// PostgreSQL's calendar, over microseconds since 2000-01-01 00:00 (UTC). Functions return false for
// what is before the year 1, after 9999 or infinite.
namespace tidewheel::engine {

enum class TruncationUnit : int { second, minute, hour, day, week, month, quarter, year };
enum class ExtractionUnit : int {
    second,
    minute,
    hour,
    day,
    month,
    quarter,
    year,
    weekday,      // dow: 0 is Sunday
    iso_weekday,  // isodow: 7 is Sunday
    day_of_year,
    epoch
};

// As PostgreSQL keeps it.
struct Interval {
    std::int32_t months = 0, days = 0;
    std::int64_t microseconds = 0;
};
Interval negated(const Interval& interval);
// Whether date_bin takes it as the length of bins.
bool are_bins(const Interval& length);

bool truncate(TruncationUnit unit, std::int64_t time, std::int64_t& truncated);
bool extract(ExtractionUnit unit, std::int64_t time, Numeric& field);
bool shift(const Interval& interval, std::int64_t time, std::int64_t& sum);
// date_bin
bool bin(const Interval& length, std::int64_t time, std::int64_t origin, std::int64_t& start);
bool date_of(std::int64_t time, std::int32_t& days);  // since 2000-01-01

}  // namespace tidewheel::engine
