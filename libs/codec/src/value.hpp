#pragma once
#include <cstdint>
#include <string_view>

namespace tidewheel::codec {

// One JSON value on its way into a column. The views live until the record is decoded.
struct Value {
    enum class Shape : std::uint8_t { null, boolean, number, string, composite };

    Shape shape = Shape::null;
    // What PostgreSQL's ->> gives: the characters of a string, the JSON text of other values.
    std::string_view text;
    std::string_view json;  // the JSON text as written; of a string only where some column wants it
};

}  // namespace tidewheel::codec
