// A record's bytes. The decoder of records and codec::Json, which share only RapidJSON and what
// guards it, have to agree on what is JSON; and the decoder must make the same of them with the
// scanner of usual records and without.
#include <array>

#include "decoding.hpp"
#include "fuzz.hpp"
#include "same_rows.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/codec/json_decoder.hpp"
#include "tidewheel/codec/utf8.hpp"

using namespace tidewheel;
using codec::Json;
using engine::Kind;
using engine::Reason;
using fuzz::add;
using fuzz::require;

namespace {

engine::Column column(std::string name, Kind kind, int typmod, std::vector<std::string> path) {
    engine::Column made;
    made.name = std::move(name);
    made.type = {kind, typmod, "some type"};
    made.path = std::move(path);
    return made;
}

// A column of every kind, and paths into objects; one object is taken whole and by its member, too.
engine::Schema make_schema() {
    engine::Schema schema;
    static constexpr std::array all = {
        Kind::boolean,   Kind::int16,       Kind::int32, Kind::int64,  Kind::float32, Kind::float64,
        Kind::text,      Kind::uuid,        Kind::date,  Kind::time,   Kind::json,    Kind::jsonb,
        Kind::timestamp, Kind::timestamptz, Kind::other, Kind::numeric};
    char letter = 'a';
    for (const Kind kind : all) {
        const std::string name(1, letter++);
        schema.columns.push_back(column(name, kind, -1, {name}));
    }
    schema.columns.push_back(column("price", Kind::numeric, (10 << 16 | 2) + 4, {"price"}));
    schema.columns.push_back(column("short", Kind::varchar, 3 + 4, {"short"}));
    schema.columns.push_back(column("member", Kind::text, -1, {"k", "m"}));
    schema.columns.push_back(column("deeper", Kind::int32, -1, {"q", "m", "o"}));
    schema.columns.push_back(column("at", Kind::timestamptz, 3, {"at"}));
    schema.columns.back().epoch = engine::EpochUnit::nanosecond;
    schema.columns.push_back(column("on", Kind::date, -1, {"on"}));
    schema.columns.back().epoch = engine::EpochUnit::second;
    return schema;
}

const engine::Schema schema = make_schema();

// The decoder doesn't look for repeated members where it skips or keeps an object whole, and keeps
// numbers as they are written, however large.
bool is_stricter(const std::string& error) {
    return error.find("appears twice") != std::string::npos ||
           error.find("a number out of range") != std::string::npos ||
           error.find("Number too big") != std::string::npos;
}

void check_text(std::string_view text) {
    require(!codec::find_invalid_utf8(text), "a text that PostgreSQL refuses: not UTF-8");
    require(text.find('\0') == std::string_view::npos, "a text that PostgreSQL refuses: NUL");
}

void check_row(const engine::Batch& batch) {
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
        const engine::Vector& values = batch.column(i);
        if (values.is_null(0)) continue;
        switch (values.kind()) {
            case Kind::text:
            case Kind::varchar:
                check_text(values.at<std::string_view>(0));
                break;
            case Kind::json:
            case Kind::jsonb:
            case Kind::other: {
                std::string error;
                const bool good = Json::parse(values.at<std::string_view>(0), &error).has_value();
                require(good || is_stricter(error), "a JSON value that is none: " + error);
                break;
            }
            default:
                break;
        }
    }
}

void check_agreement(std::string_view text, const engine::Batch& batch) {
    std::string error;
    const auto json = Json::parse(text, &error);
    const bool stricter = is_stricter(error);
    if (batch.rows() == 1) {
        require((json && json->is_object()) || stricter, "taken, but no JSON object: " + error);
        return;
    }
    const engine::Reject& reject = batch.rejected()[0].reject;
    check_text(reject.detail);
    if (reject.reason == Reason::not_json || reject.reason == Reason::too_deep)
        require(!json, "refused as no JSON, but it is: " + reject.detail);
    else if (reject.reason == Reason::not_an_object)
        require(!json || !json->is_object(), "refused as no object, but it is");
    else if (reject.reason == Reason::missing_field)  // for other reasons it reads no further
        require(json || stricter, "read to the end, but it is no JSON: " + error);
}

void check_round_trip(std::string_view text) {
    const auto json = Json::parse(text);
    if (!json) return;
    std::string error;
    const auto again = Json::parse(json->dump(), &error);
    require(again.has_value(), "what dump() writes is no JSON: " + error);
    require(*again == *json, "what dump() writes is another value: " + json->dump());
}

// A decoder and a batch live for millions of records: a bad one leaves nothing behind. And a good
// one keeps the scanner from pausing.
void check_next_record(engine::Decoder& decoder, engine::Batch& batch) {
    const std::size_t rows = batch.rows();
    add(decoder, batch, R"({"c": 7, "g": "text", "k": "m"})");
    require(batch.rows() == rows + 1, "a good record after this one is refused");
    require(batch.column(2).at<std::int32_t>(rows) == 7 && batch.column(0).is_null(rows) &&
                batch.column(6).at<std::string_view>(rows) == "text",
            "a good record after this one has other values");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto decoder = codec::make_json_decoder(schema);
    static const auto reference = codec::make_reference_json_decoder(schema);
    static engine::Batch batch(schema), expected(schema);
    const std::string_view text = fuzz::text_of(data, size);
    batch.clear();
    add(*decoder, batch, text);
    require(batch.rows() + batch.rejected().size() == 1, "neither taken nor refused");
    if (batch.rows() == 1) check_row(batch);
    check_agreement(text, batch);
    expected.clear();
    add(*reference, expected, text);
    const std::string difference = codec::test::difference(batch, expected);
    require(difference.empty(), "the scanner makes a difference: " + difference);
    check_round_trip(text);
    check_next_record(*decoder, batch);
    return 0;
}
