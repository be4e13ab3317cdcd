#pragma once
#include <cstdint>
#include <string>
#include <string_view>

// What PostgreSQL's texts mean: DateStyle ISO, bytea_output hex. Throws Error (refused) for a text
// that PostgreSQL doesn't write.
namespace tidewheel::capture {

// Since 1970, in UTC if it has a zone; infinity is the last or the first that there is.
std::int64_t timestamp_micros(std::string_view text);
std::int32_t date_days(std::string_view text);
// '\x00ff'
std::string bytea_bytes(std::string_view text);
// Big-endian, two's complement, of the number times 10^scale: what Avro calls a decimal.
// text: of a numeric(p,scale) other than NaN and the infinities.
std::string decimal_bytes(std::string_view text, int scale);

}  // namespace tidewheel::capture
