// The reader of CSV, in several forms. The first byte chooses the form; the rest is the record.
#include "decoding.hpp"
#include "fuzz.hpp"
#include "store_events.hpp"
#include "tidewheel/codec/csv_decoder.hpp"

using namespace tidewheel;
using fuzz::add;
using fuzz::require;

namespace {

using engine::CsvForm;
using engine::Kind;

const engine::Schema schema = [] {
    engine::Schema made;
    const engine::Type text{Kind::text, -1, "text"};
    made.columns = {codec::column("a", text), codec::column("b", {Kind::jsonb, -1, "jsonb"}),
                    codec::column("c", {Kind::other, -1, "integer[]"})};
    return made;
}();

const CsvForm forms[] = {
    {},
    {.delimiter = ';', .quote = '\'', .escape = '\\', .null = "NULL"},
    {.delimiter = '\t', .quote = '"', .escape = '\t', .null = "\\N"},
};

// A text as a quoted field.
std::string written(std::string_view text, const CsvForm& form) {
    std::string all(1, form.quote);
    for (const char c : text) {
        if (c == form.quote || c == form.escape) all += form.escape;
        all += c;
    }
    return all + form.quote;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static engine::Batch batch(schema);
    const CsvForm& form = forms[data[0] % std::size(forms)];
    const auto decoder = codec::make_csv_decoder(schema, form);
    const std::string_view bytes = fuzz::text_of(data + 1, size - 1);
    batch.clear();
    add(*decoder, batch, bytes);
    require(batch.rows() + batch.rejected().size() == 1, "neither taken nor refused");
    const std::size_t rows = batch.rows();
    if (rows == 0 || batch.column(0).is_null(0)) return 0;
    // What was read is read again from a row that says the same.
    const std::string first(batch.column(0).at<std::string_view>(0));
    add(*decoder, batch, written(first, form) + form.delimiter + "1" + form.delimiter + "x\r\n");
    require(batch.rows() == rows + 1, "a good row after this one is refused");
    require(batch.column(0).at<std::string_view>(rows) == first, "a good row has another text");
    require(batch.column(1).at<std::string_view>(rows) == "1", "a good row has other JSON");
    return 0;
}
