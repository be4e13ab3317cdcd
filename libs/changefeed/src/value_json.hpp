#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tidewheel::changefeed {

// How a value of a type is written in a record; docs/how-to/changefeed.md has the table.
enum class ValueForm : std::uint8_t {
    text,          // PostgreSQL's own text
    number,        // integers, and floats: as they are, NaN and the infinities as text
    boolean,       // true, false
    base64,        // bytea
    days,          // date: days since 1970
    milliseconds,  // timestamp(0) to (3): since 1970
    microseconds,  // timestamp: since 1970
    moment,        // timestamptz: 2026-01-31T12:00:00.500000Z
    time_of_day_milliseconds,
    time_of_day_microseconds,
};

inline constexpr int most_digits = 6;
// Of a type, by its pg_type.oid and modifier.
ValueForm form_of(std::uint32_t type, std::int32_t modifier);
// How many digits a moment has behind the seconds, by the modifier of its type.
inline int digits_of(std::int32_t modifier) {
    return modifier < 0 ? most_digits : modifier;
}

// Appends PostgreSQL's text of a value (DateStyle ISO, TimeZone UTC, bytea_output hex) as JSON.
// What the form can't express (infinity, years before Christ) is written as that text.
// `digits`: of a moment.
void append_value(std::string& json, ValueForm form, std::string_view text,
                  int digits = most_digits);
// …as a string. The text is valid UTF-8.
void append_string(std::string& json, std::string_view text);

}  // namespace tidewheel::changefeed
