// A message of PostgreSQL's replication stream, and the records that are made of it.
#include <algorithm>

#include "envelope.hpp"
#include "fuzz.hpp"
#include "pgoutput.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/codec/utf8.hpp"

using namespace tidewheel;
using fuzz::require;

namespace {

using changefeed::Tuple;

// PostgreSQL sends no text that is not of the encoding.
bool is_text(const Tuple& row) {
    return std::ranges::all_of(
        row, [](const auto& cell) { return !codec::find_invalid_utf8(cell.text); });
}

changefeed::TableShape shape_of(std::size_t columns) {
    changefeed::TableShape shape{"public", "t", {}};
    for (std::size_t i = 0; i < columns; ++i)
        shape.columns.push_back({"c" + std::to_string(i), "\"c" + std::to_string(i) + "\":",
                                 static_cast<changefeed::ValueForm>(i % 10), i == 0});
    return shape;
}

void check_record(std::optional<std::string_view> text) {
    if (text) require(codec::Json::parse(*text).has_value(), "not JSON: " + std::string(*text));
}

void write(const Tuple& row) {
    changefeed::EnvelopeWriter envelope("s", "d", [](auto key, auto value) {
        check_record(key);
        check_record(value);
    });
    const auto shape = shape_of(row.size());
    envelope.insert(shape, {1, row}, 1);
    envelope.update(shape, {1, changefeed::OldRow{true, row}, row}, 1);
    envelope.remove(shape, {1, {false, row}}, 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto message = changefeed::parse_message(text);
    if (!message) return 0;
    if (const auto* insert = std::get_if<changefeed::Insert>(&*message))
        if (is_text(insert->after)) write(insert->after);
    return 0;
}
