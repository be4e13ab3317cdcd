#include "tidewheel/codec/avro_decoder.hpp"

#include <bit>
#include <map>

#include "avro_samples.hpp"
#include "decoding.hpp"
#include "tidewheel/codec/decoder_factory.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec;
using namespace tidewheel::codec::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const engine::Type real{Kind::float32, -1, "real"}, number{Kind::float64, -1, "double precision"},
    bytea{Kind::bytea, -1, "bytea"}, day{Kind::date, -1, "date"},
    clock_time{Kind::time, -1, "time without time zone"},
    timestamp{Kind::timestamp, -1, "timestamp without time zone"},
    any_numeric{Kind::numeric, -1, "numeric"}, smallint{Kind::int16, -1, "smallint"};

Decoding decoding_of(std::vector<engine::Column> columns, const std::string& written) {
    Decoding made(schema_of(std::move(columns)));
    RecordFormat format("avro");
    format.schema = written;
    made.decoder = make_decoder(format, made.schema);
    return made;
}

std::string record_of(const std::string& fields) {
    return R"({"type": "record", "name": "R", "fields": [)" + fields + "]}";
}

// Zigzag, in groups of seven bits.
std::string varint(std::int64_t value) {
    auto bits = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
    std::string bytes;
    for (; bits > 127; bits >>= 7)
        bytes += static_cast<char>(bits | 0x80);
    return bytes + static_cast<char>(bits);
}
std::string sized(const std::string& text) {
    return varint(static_cast<std::int64_t>(text.size())) + text;
}

class Registry : public SchemaSource {
  public:
    std::optional<std::vector<std::string>> find(std::uint32_t id) override {
        ++asked;
        if (is_away) throw Error(Error::Kind::unavailable, "the registry is away");
        const auto found = schemas.find(id);
        if (found == schemas.end()) return std::nullopt;
        return found->second;
    }
    std::map<std::uint32_t, std::vector<std::string>> schemas;
    bool is_away = false;
    int asked = 0;
};

std::string framed(int id, const std::string& record) {
    std::string bytes(5, '\0');
    bytes[3] = static_cast<char>(id >> 8);
    bytes[4] = static_cast<char>(id);
    return bytes + record;
}

constexpr std::int64_t moment_2024 = 768'294'489'123'000;  // 2024-05-06 07:08:09.123 UTC

}  // namespace

TEST_CASE("each type of Avro becomes the type of PostgreSQL that a user expects") {
    const auto d = [] {
        return decoding_of(
            {column("b", boolean), column("i", integer), column("l", bigint), column("f", real),
             column("d", number), column("s", text), column("y", bytea), column("x", bytea),
             column("e", text), column("n", numeric(12, 3)), column("u", uuid), column("da", day),
             column("tm", clock_time), column("tu", clock_time), column("ts", timestamptz),
             column("tsu", timestamptz), column("lt", timestamp), column("o", text)},
            every_type);
    };
    Decoding decoding = d();
    REQUIRE(decoding.verdict(every_type_record) == "accepted");
    CHECK(decoding.value<std::uint8_t>(0) == 1);
    CHECK(decoding.value<std::int32_t>(1) == -7);
    CHECK(decoding.value<std::int64_t>(2) == 5'000'000'000);
    CHECK(decoding.value<double>(3) == static_cast<double>(0.1f));
    CHECK(decoding.value<double>(4) == 2.5);
    CHECK(decoding.string(5) == "Zoë \"q\"");
    CHECK(decoding.string(6) == std::string_view("\0\xff", 2));
    CHECK(decoding.string(7) == "abcd");
    CHECK(decoding.string(8) == "SPADES");
    CHECK(decoding.value<engine::Numeric>(9).unscaled() == -12340);
    CHECK(decoding.value<engine::Uuid>(10).bytes[0] == 0xa0);
    CHECK(decoding.value<std::int32_t>(11) == 8892);
    CHECK(decoding.value<std::int64_t>(12) == 25'689'123'000);
    CHECK(decoding.value<std::int64_t>(13) == 25'689'123'456);
    CHECK(decoding.value<std::int64_t>(14) == moment_2024);
    CHECK(decoding.value<std::int64_t>(15) == -946'684'800'000'001);
    CHECK(decoding.value<std::int64_t>(16) == moment_2024 - 123'000);
    CHECK(decoding.is_null(17));
}

TEST_CASE("a value of Avro is its text, too, and its JSON") {
    std::vector<engine::Column> columns;
    for (const char* name : {"b", "i",  "l",  "f",  "d",  "s",   "y",  "x", "e", "n",
                             "u", "da", "tm", "tu", "ts", "tsu", "lt", "a", "m", "r"}) {
        columns.push_back(column(name, text));
        columns.push_back(at_path(std::string(name) + "_json", {name}, jsonb));
    }
    Decoding d = decoding_of(std::move(columns), every_type);
    REQUIRE(d.verdict(every_type_record) == "accepted");
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"true", "true"},
        {"-7", "-7"},
        {"5000000000", "5000000000"},
        {"0.10000000149011612", "0.10000000149011612"},
        {"2.5", "2.5"},
        {"Zoë \"q\"", "\"Zoë \\\"q\\\"\""},
        {"\\x00ff", "\"\\\\x00ff\""},
        {"\\x61626364", "\"\\\\x61626364\""},
        {"SPADES", "\"SPADES\""},
        {"-12.340", "-12.340"},
        {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
        {"2024-05-06", "\"2024-05-06\""},
        {"07:08:09.123", "\"07:08:09.123\""},
        {"07:08:09.123456", "\"07:08:09.123456\""},
        {"2024-05-06T07:08:09.123Z", "\"2024-05-06T07:08:09.123Z\""},
        {"1969-12-31T23:59:59.999999Z", "\"1969-12-31T23:59:59.999999Z\""},
        {"2024-05-06T07:08:09.000", "\"2024-05-06T07:08:09.000\""},
        {"[1, -2]", "[1, -2]"},
        {R"({"k": 1.5, "z": null})", R"({"k": 1.5, "z": null})"},
        {R"({"id": 9, "name": "n", "twin": {"id": 10, "name": null, "twin": null}})",
         R"({"id": 9, "name": "n", "twin": {"id": 10, "name": null, "twin": null}})"},
    };
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(d.string(2 * i) == expected[i].first);
        CHECK(d.string(2 * i + 1) == expected[i].second);
    }
}

TEST_CASE("columns lead into records, also where a union may hold none") {
    Decoding d = decoding_of(
        {at_path("id", {"r", "id"}, bigint), at_path("twin", {"r", "twin", "id"}, bigint),
         at_path("none", {"r", "twin", "twin", "id"}, bigint), column("r", jsonb)},
        every_type);
    REQUIRE(d.verdict(every_type_record) == "accepted");
    CHECK(d.value<std::int64_t>(0) == 9);
    CHECK(d.value<std::int64_t>(1) == 10);
    CHECK(d.is_null(2));
    CHECK(d.string(3).starts_with(R"({"id": 9)"));
}

TEST_CASE("numbers are promoted, and never cut") {
    const std::string schema = record_of(
        R"({"name": "i", "type": "int"}, {"name": "l", "type": "long"}, {"name": "f", "type": "float"})");
    const std::string half = "\0\0\0\x3f", large = varint(40'000);
    const std::string record = varint(7) + large + std::string("\0\0\0\x3f", 4);
    Decoding d = decoding_of(
        {at_path("a", {"i"}, bigint), at_path("b", {"i"}, number), at_path("c", {"i"}, any_numeric),
         at_path("d", {"i"}, smallint), at_path("e", {"l"}, integer), at_path("g", {"f"}, number),
         at_path("h", {"f"}, any_numeric), at_path("k", {"l"}, text)},
        schema);
    REQUIRE(d.verdict(record) == "accepted");
    CHECK(d.value<std::int64_t>(0) == 7);
    CHECK(d.value<double>(1) == 7);
    CHECK(d.value<std::int32_t>(3) == 7);
    CHECK(d.value<std::int32_t>(4) == 40'000);
    CHECK(d.value<double>(5) == 0.5);
    CHECK(d.string(7) == "40000");
    Decoding small = decoding_of({at_path("s", {"l"}, smallint)}, schema);
    CHECK(small.verdict(record) == "out_of_range s");
    Decoding whole = decoding_of({at_path("w", {"f"}, integer)}, schema);
    CHECK(whole.verdict(record) == "wrong_type w");
    Decoding wide = decoding_of({at_path("w", {"l"}, integer)}, schema);
    CHECK(wide.verdict(varint(7) + varint(3'000'000'000) + std::string(4, '\0')) ==
          "out_of_range w");
}

TEST_CASE("times out of range, and nanoseconds, which are rounded") {
    const std::string schema =
        record_of(R"({"name": "n", "type": {"type": "long", "logicalType": "timestamp-nanos"}})");
    Decoding d = decoding_of({column("n", timestamptz), at_path("t", {"n"}, text)}, schema);
    CHECK(d.verdict(varint(1'714'979'289'123'456'500)) == "accepted");
    CHECK(d.value<std::int64_t>(0) == moment_2024 + 457);
    CHECK(d.string(1) == "2024-05-06T07:08:09.123457Z");
    CHECK(d.verdict(varint(-500)) == "accepted");
    CHECK(d.string(1) == "1970-01-01T00:00:00.000000Z");
    CHECK(d.verdict(varint(-501)) == "accepted");
    CHECK(d.string(1) == "1969-12-31T23:59:59.999999Z");
    Decoding millis = decoding_of(
        {column("m", timestamptz)},
        record_of(R"({"name": "m", "type": {"type": "long", "logicalType": "timestamp-millis"}})"));
    CHECK(millis.verdict(varint(253'402'300'799'999)) == "accepted");
    CHECK(millis.verdict(varint(253'402'300'800'000)) == "out_of_range m");
    CHECK(millis.verdict(varint(std::numeric_limits<std::int64_t>::min())) == "out_of_range m");
    Decoding days =
        decoding_of({column("d", day)},
                    record_of(R"({"name": "d", "type": {"type": "int", "logicalType": "date"}})"));
    CHECK(days.verdict(varint(2'932'896)) == "accepted");
    CHECK(days.verdict(varint(2'932'897)) == "out_of_range d");
}

TEST_CASE("an epoch takes a plain long") {
    engine::Column at = column("at", timestamptz);
    at.epoch = engine::EpochUnit::millisecond;
    Decoding d = decoding_of({at}, record_of(R"({"name": "at", "type": "long"})"));
    CHECK(d.verdict(varint(1'714'979'289'123)) == "accepted");
    CHECK(d.value<std::int64_t>(0) == moment_2024);
}

TEST_CASE("decimals of any length, durations and UUIDs of 16 bytes") {
    const std::string schema = record_of(
        R"({"name": "n", "type": {"type": "bytes", "logicalType": "decimal", "precision": 60, "scale": 2}},)"
        R"({"name": "v", "type": {"type": "fixed", "name": "V", "size": 12, "logicalType": "duration"}},)"
        R"({"name": "u", "type": {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}},)"
        R"({"name": "bad", "type": {"type": "bytes", "logicalType": "decimal", "precision": 1, "scale": 2}})");
    Decoding d = decoding_of(
        {column("n", text), column("v", text), column("u", uuid), column("bad", bytea)}, schema);
    const auto record = [](const std::string& decimal) {
        return sized(decimal) + std::string("\1\0\0\0\2\0\0\0\xb8\x0b\0\0", 12) +
               std::string(16, '\x11') + sized("x");
    };
    CHECK(d.verdict(record("\x01" + std::string(20, '\0'))) == "accepted");
    CHECK(d.string(0) == "14615016373309029182036848327162830196559325429.76");
    CHECK(d.string(1) == "1 mons 2 days 3.000 secs");
    CHECK(d.string(3) == "x");
    CHECK(d.verdict(record("\xff")) == "accepted");
    CHECK(d.string(0) == "-0.01");
    CHECK(d.verdict(record(std::string("\x80\0", 2))) == "accepted");
    CHECK(d.string(0) == "-327.68");
    CHECK(d.verdict(record("")) == "accepted");
    CHECK(d.string(0) == "0.00");
    CHECK(d.verdict(record(std::string(500, '\x7f'))) == "out_of_range n");
}

TEST_CASE("a missing field takes the DEFAULT, and null does not") {
    engine::Column kept = column("kept", text, true);
    kept.fallback = "\"none\"";
    Decoding old =
        decoding_of({column("id", integer), kept}, record_of(R"({"name": "id", "type": "int"})"));
    CHECK(old.verdict(varint(1)) == "accepted");
    CHECK(old.string(1) == "none");
    Decoding newer = decoding_of(
        {column("id", integer), kept},
        record_of(
            R"({"name": "id", "type": "int"}, {"name": "kept", "type": ["null", "string"]})"));
    CHECK(newer.verdict(varint(1) + varint(1) + sized("x")) == "accepted");
    CHECK(newer.string(1) == "x");
    CHECK(newer.verdict(varint(1) + varint(0)) == "missing_field kept");
    Decoding needed =
        decoding_of({column("gone", integer, true)}, record_of(R"({"name": "id", "type": "int"})"));
    CHECK(needed.verdict(varint(1)) == "missing_field gone");
}

TEST_CASE("bytes that are no record of the schema are refused, and nothing else is read") {
    Decoding d = decoding_of({column("s", text), column("y", bytea)}, every_type);
    for (std::size_t size = 1; size < every_type_record.size(); ++size)
        CHECK(d.verdict(every_type_record.substr(0, size)).starts_with("not_avro"));
    CHECK(d.verdict(every_type_record + "x") == "not_avro");
    CHECK(d.verdict("") == "empty");
    CHECK(d.verdict(std::nullopt) == "tombstone");
    Decoding text_of =
        decoding_of({column("s", text)}, record_of(R"({"name": "s", "type": "string"})"));
    CHECK(text_of.verdict(sized("\xff")) == "wrong_type s");
    CHECK(text_of.verdict(sized(std::string(1, '\0'))) == "wrong_type s");
    CHECK(text_of.verdict(varint(-1)) == "not_avro s");
    CHECK(text_of.verdict(varint(std::numeric_limits<std::int64_t>::max())) == "not_avro s");
    Decoding nulls =
        decoding_of({}, record_of(R"({"name": "a", "type": {"type": "array", "items": "null"}})"));
    CHECK(nulls.verdict(varint(1LL << 40) + varint(0)) == "not_avro");
    Decoding chain = decoding_of({}, record_of(R"({"name": "next", "type": ["null", "R"]})"));
    CHECK(chain.verdict(varint(1) + varint(1) + varint(0)) == "accepted");
    std::string deep;
    for (int i = 0; i < 100; ++i)
        deep += varint(1);
    CHECK(chain.verdict(deep + varint(0)) == "too_deep");
}

TEST_CASE("a column of bytes takes bytes alone") {
    Decoding d = decoding_of({at_path("y", {"s"}, bytea)}, every_type);
    CHECK(d.verdict(every_type_record) == "wrong_type y");
}

TEST_CASE("the schema of a record is asked for once, by its id") {
    Registry registry;
    registry.schemas[7] = {record_of(R"({"name": "id", "type": "int"})")};
    registry.schemas[300] = {
        R"({"type": "enum", "name": "shop.Suit", "symbols": ["H", "S"]})",
        R"({"type": "record", "name": "shop.R", "fields": [{"name": "suit", "type": "Suit"}, {"name": "id", "type": "long"}]})"};
    registry.schemas[9] = {R"({"type": "record"})"};
    registry.schemas[10] = {R"("string")"};
    Decoding d(schema_of({column("id", integer), column("suit", text)}));
    RecordFormat format("avro");
    format.registry = &registry;
    d.decoder = make_decoder(format, d.schema);
    for (int i = 0; i < 3; ++i) {
        CHECK(d.verdict(framed(7, varint(5))) == "accepted");
        CHECK(d.value<std::int32_t>(0) == 5);
        CHECK(d.verdict(framed(300, varint(1) + varint(6))) == "accepted");
        CHECK(d.value<std::int32_t>(0) == 6);
        CHECK(d.string(1) == "S");
    }
    CHECK(registry.asked == 2);
    CHECK(d.verdict(framed(8, "")) == "unknown_schema");
    CHECK(d.verdict(framed(9, "x")) == "unknown_schema");
    CHECK(d.verdict(framed(10, sized("x"))) == "not_an_object");
    CHECK(d.verdict("{\"id\": 1}") == "not_avro");
    CHECK(d.verdict(std::string(4, '\0')) == "not_avro");
    registry.is_away = true;
    CHECK(d.verdict(framed(7, varint(5))) == "accepted");
    CHECK_THROWS_WITH(d.verdict(framed(11, "")), ContainsSubstring("away"));
}

TEST_CASE("a text that is no schema of a record is named") {
    CHECK(fault_of_avro_schema(every_type).empty());
    CHECK_THAT(fault_of_avro_schema("{"), ContainsSubstring("not JSON"));
    CHECK(fault_of_avro_schema(R"("int")") == "it is no record");
    CHECK(fault_of_avro_schema(record_of(R"({"name": "a", "type": "Unknown"})")) ==
          "there is no type Unknown");
    CHECK_THAT(fault_of_avro_schema(record_of(R"({"name": "a"})")), ContainsSubstring("\"type\""));
}
