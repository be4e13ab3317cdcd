#pragma once
#include <cstdint>
#include <string_view>

#include "parse_result.hpp"

// ISO 8601 as PostgreSQL reads it with DateStyle ISO and TimeZone UTC:
//     YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][zone]]     zone: Z, ±HH, ±HHMM, ±HH:MM, ±HH:MM:SS,
//     after a space or none
// Letters of either case, spaces at both ends. Years 0001 to 9999; 24:00 and a 60th second are
// refused. Everything else that PostgreSQL would take ('Jan 8 1999', 'now', 'infinity') is of the
// wrong type here, so that it means the same on every day.
namespace tidewheel::codec {

struct Moment {
    std::int32_t days = 0;          // since 2000-01-01
    std::int64_t microseconds = 0;  // since midnight
    int zone = 0;                   // seconds east of Greenwich
};

// The two ways to read the above: YYYY-MM-DD(T| )HH:MM:SS[.ffffff][Z|±HH:MM], of at most six digits
// (false: this is something else, or no such time), and all of it.
bool read_usual_moment(std::string_view text, Moment& moment);
ParseResult read_any_moment(std::string_view text, Moment& moment);

// Microseconds since 2000-01-01 00:00, rounded to `typmod` digits of a second (-1: six). Without a
// zone a moment is UTC's.
ParseResult read_timestamptz(std::string_view text, int typmod, std::int64_t& microseconds);
// The same without regard to a zone, which is checked and ignored, as in PostgreSQL.
ParseResult read_timestamp(std::string_view text, int typmod, std::int64_t& microseconds);
// Days since 2000-01-01; a time of day is checked and ignored.
ParseResult read_date(std::string_view text, std::int32_t& days);
// [date and T or space] HH:MM[:SS[.fraction]] [zone, ignored]: microseconds since midnight.
ParseResult read_time(std::string_view text, int typmod, std::int64_t& microseconds);

// Half away from zero, as AdjustTimestampForTypmod.
std::int64_t round_to_typmod(std::int64_t microseconds, int typmod);

}  // namespace tidewheel::codec
