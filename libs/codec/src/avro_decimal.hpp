#pragma once
#include <string>
#include <string_view>

namespace tidewheel::codec {

// Appends the text of a decimal of Avro: a big-endian number in two's complement, of which so many
// digits are behind the point. False: it has more than 1,000 characters.
bool append_decimal(std::string_view bytes, int digits_of_scale, std::string& to);

}  // namespace tidewheel::codec
