// The reader of Avro: records of a schema with every type, and schemas.
#include "avro_samples.hpp"
#include "decoding.hpp"
#include "fuzz.hpp"
#include "store_events.hpp"
#include "tidewheel/codec/avro_decoder.hpp"

using namespace tidewheel;
using fuzz::add;
using fuzz::require;

namespace {

using engine::Kind;

// Each field as what it is, as text and as JSON: whatever is read must be read by all three.
engine::Schema make_schema() {
    const engine::Type text{Kind::text, -1, "text"}, jsonb{Kind::jsonb, -1, "jsonb"};
    engine::Schema schema;
    schema.columns = {codec::column("i", {Kind::int32, -1, "integer"}),
                      codec::column("l", {Kind::int64, -1, "bigint"}),
                      codec::column("d", {Kind::float64, -1, "double precision"}),
                      codec::column("y", {Kind::bytea, -1, "bytea"}),
                      codec::column("ts", {Kind::timestamptz, -1, "timestamp with time zone"}),
                      codec::column("lt", {Kind::timestamp, -1, "timestamp without time zone"})};
    for (const char* name : {"b", "i", "l", "f", "d", "s", "e", "n", "u", "da", "tm", "tu", "ts",
                             "tsu", "lt", "o", "a", "m", "r"})
        for (const engine::Type& type : {text, jsonb}) {
            schema.columns.push_back(codec::column(name, type));
            schema.columns.back().name += type.sql;
        }
    return schema;
}
const engine::Schema schema = make_schema();

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto decoder = codec::make_avro_decoder(schema, codec::test::every_type);
    static engine::Batch batch(schema);
    const std::string_view bytes = fuzz::text_of(data, size);
    batch.clear();
    add(*decoder, batch, bytes);
    require(batch.rows() + batch.rejected().size() == 1, "neither taken nor refused");
    const std::size_t rows = batch.rows();
    add(*decoder, batch, codec::test::every_type_record);
    require(batch.rows() == rows + 1, "a good record after this one is refused");
    require(batch.column(0).at<std::int32_t>(rows) == -7, "a good record has other values");
    codec::fault_of_avro_schema(std::string(bytes));
    return 0;
}
