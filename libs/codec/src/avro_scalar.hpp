#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "avro_input.hpp"
#include "tidewheel/codec/avro_schema.hpp"
#include "value.hpp"

// Values of Avro without parts, as the JSON values that docs/reference/avro.md gives them.
namespace tidewheel::codec {

enum class AvroVerdict : std::uint8_t {
    ok,
    broken,        // the bytes are no such value
    out_of_range,  // a time outside of the years 1 to 9999, a number that is too long
    not_text,      // a string that is not UTF-8, or has a NUL
    too_deep
};

// Takes a value that is none of record, array, map and union. `value.text` is a part of the input or
// of `scratch`; `value.json` is empty for a string.
AvroVerdict take_scalar(const AvroSchema& schema, AvroInput& input, std::string& scratch,
                        Value& value);

// Of so many units of a second since 1970, the microseconds since then: finer ones are rounded, half
// up. False: not in the years 1 to 9999.
bool microseconds_of(std::int64_t count, int digits, std::int64_t& microseconds);
// Are these days since 1970 in the years 1 to 9999?
bool is_day(std::int64_t days);

// The shortest text that is this number again, with a point or an exponent; "NaN", "Infinity".
std::string_view double_text(double number, std::string& scratch);

}  // namespace tidewheel::codec
