#pragma once
#include <cstdint>
#include <string_view>

namespace tidewheel::codec {

// One JSON value on its way into a column. The views live as long as the batch.
struct Value {
    enum class Shape : std::uint8_t { null, boolean, number, string, composite };

    Shape shape = Shape::null;
    std::string_view text;  // what PostgreSQL's ->> gives: of a string its characters, of the
                            // others their JSON text
    std::string_view json;  // the JSON text as written; of a string only where some column wants it
};

}  // namespace tidewheel::codec
