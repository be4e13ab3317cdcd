#include "tidewheel/codec/json_decoder.hpp"

#include "decoding.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a store event fills its columns") {
    Decoding d(codec::store_events());
    std::string without_return(codec::sale);
    without_return.replace(without_return.find(", \"is_return\": true"), 19, "");
    REQUIRE(d.verdict(codec::sale) == "accepted");
    const auto at = [&d](std::string_view name) {
        return static_cast<std::size_t>(d.schema.find(name));
    };
    CHECK(d.value<engine::Uuid>(at("id")).bytes[0] == 0x6e);
    CHECK(d.string(at("event_type")) == "sale_event");
    CHECK(d.value<std::int32_t>(at("store_id")) == 4);
    CHECK(d.value<engine::Numeric>(at("price")).unscaled() == 4711);
    CHECK(d.value<engine::Numeric>(at("price")).scale == 2);
    CHECK(d.value<std::uint8_t>(at("gift_wrap")) == 1);
    CHECK(d.value<std::uint8_t>(at("priority_shipping")) == 0);
    CHECK(d.value<std::int64_t>(at("ts")) == 768'294'489'123'456);
    CHECK(d.batch.watermark() == 768'294'489'123'456);
    REQUIRE(d.verdict(without_return) == "accepted");
    CHECK(d.is_null(at("is_return")));
}

TEST_CASE("a tombstone and an empty value have reasons of their own") {
    Decoding d(codec::store_events());
    CHECK(d.verdict(std::nullopt) == "tombstone");
    CHECK(d.verdict("") == "empty");
    CHECK(d.verdict(" ") == "not_json");
}

TEST_CASE("a tombstone is a row of NULLs where a column says that it is one") {
    auto deleted = codec::column("deleted", {Kind::boolean, -1, "boolean"});
    deleted.source = engine::ColumnOrigin::tombstone;
    auto name = codec::column("name", text);
    name.fallback = R"("none")";
    Decoding d(schema_of({deleted, name}));
    REQUIRE(d.verdict(std::nullopt) == "accepted");
    CHECK(d.value<std::uint8_t>(0) == 1);
    CHECK(d.is_null(1));
    REQUIRE(d.verdict("{}") == "accepted");
    CHECK(d.value<std::uint8_t>(0) == 0);
    CHECK(d.string(1) == "none");
    CHECK(d.verdict("") == "empty");

    name.not_null = true;
    Decoding strict(schema_of({deleted, name}));
    CHECK(strict.verdict(std::nullopt) == "tombstone name");
    CHECK(strict.verdict("{}") == "accepted");
}

TEST_CASE("a cut record is no JSON, wherever it is cut") {
    Decoding d(codec::store_events());
    for (std::size_t length = 1; length < codec::sale.size(); ++length)
        REQUIRE(d.verdict(codec::sale.substr(0, length)) == "not_json");
    CHECK_THAT(d.last_reject().detail, ContainsSubstring("at byte"));
}

TEST_CASE("a record of 10 MB is taken when it is good, and refused when it is not") {
    Decoding d(schema_of({codec::column("a", text)}));
    const std::string large(10'000'000, 'x');
    CHECK(d.verdict(R"({"a":")" + large + R"("})") == "accepted");
    CHECK(d.verdict(R"({"b":")" + large) == "not_json");
    CHECK(d.verdict("[" + large + "]") == "not_json");
    std::string many = "{";
    for (int i = 0; i < 700'000; ++i)
        many += "\"field" + std::to_string(i) + "\":1,";
    CHECK(d.verdict(many + R"("a":1})") == "accepted");
    CHECK(d.verdict(many + R"("field77":1})") == "duplicate_field");
}

TEST_CASE("64 levels are taken, 65 or 10,000 are too deep, in any field") {
    Decoding d(schema_of({codec::column("a", text), at_path("b", {"walked", "b"}, text)}));
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    CHECK(d.verdict("{\"a\":" + nested(63) + "}") == "accepted");
    CHECK(d.string(0) == nested(63));
    CHECK(d.verdict("{\"a\":" + nested(64) + "}") == "too_deep");
    CHECK(d.verdict("{\"skipped\":" + nested(64) + "}") == "too_deep");
    CHECK(d.verdict("{\"walked\":{\"x\":" + nested(63) + "}}") == "too_deep");
    CHECK(d.verdict(std::string(10'000, '[')) == "too_deep");
    std::string objects;
    for (int i = 0; i < 10'000; ++i)
        objects += "{\"a\":";
    CHECK(d.verdict(objects) == "too_deep");
}

TEST_CASE("what RapidJSON 1.1.0 gets wrong is refused") {
    Decoding d(schema_of({codec::column("a", text)}));
    using namespace std::string_literals;
    CHECK(d.verdict("\xEF\xBB\xBF{}") == "not_json");
    CHECK(d.verdict("{\"a\":1}\0{\"b\":2}"s) == "not_json");
    CHECK(d.verdict("{\"a\":\"0123456789abcdef0123456789abcdef\x1b\"}") == "not_json");
    CHECK(d.verdict(R"({"a":"\udc00"})") == "not_json");
    CHECK(d.verdict(R"({"skipped":"\udc00"})") == "not_json");
    CHECK(d.verdict(R"({"\u0000":1})") == "not_json");
    CHECK(d.verdict("{\"a\":\"\xE2\x82") == "not_json");
    CHECK(d.verdict(R"({"a":1.00000000001e-2147483638})") == "out_of_range a");
    CHECK(d.verdict(R"({"skipped":[1.00000000001e-2147483638]})") == "out_of_range");
    CHECK(d.verdict(R"({"a":1e400})") == "out_of_range a");
    CHECK(d.verdict(R"({"a":0.184467440737095516159})") == "accepted");
    CHECK(d.string(0) == "0.184467440737095516159");
    for (const std::string number :
         {"-01", "01", "+1", "1.", ".5", "-", "1e", "0x1", "NaN", "-Infinity", "1_0"}) {
        CAPTURE(number);
        CHECK(d.verdict("{\"a\":" + number + "}") == "not_json");
    }
}

TEST_CASE("the same field twice is refused wherever objects are walked") {
    Decoding d(
        schema_of({codec::column("a", integer), at_path("id", {"customer", "id"}, integer)}));
    CHECK(d.verdict(R"({"a":1,"a":1})") == "duplicate_field a");
    CHECK(d.verdict(R"({"a":1,"\u0061":1})") == "duplicate_field a");
    CHECK(d.verdict(R"({"x":1,"x":1})") == "duplicate_field");
    CHECK(d.verdict(R"({"customer":{"id":1,"id":2}})") == "duplicate_field id");
    CHECK(d.verdict(R"({"customer":{"y":1,"y":2}})") == "duplicate_field");
    CHECK(d.verdict(R"({"customer":{"id":1},"customer":{"id":1}})") == "duplicate_field");
    CHECK(d.verdict(R"({"x":{"x":1},"customer":{"x":1,"a":1,"customer":1},"a":1})") == "accepted");
    CHECK(d.verdict(R"({"skipped":{"x":1,"x":1}})") == "accepted");
    std::string twenty;
    for (int i = 0; i < 20; ++i)
        twenty += "\"u" + std::to_string(i) + "\":0,";
    CHECK(d.verdict("{" + twenty + "\"a\":1}") == "accepted");
    CHECK(d.verdict("{" + twenty + "\"u3\":1}") == "duplicate_field");
}

TEST_CASE("a path leads into nested objects, and a column may take the whole object") {
    Decoding d(schema_of({at_path("id", {"customer", "id"}, integer),
                          at_path("city", {"customer", "address", "city"}, text),
                          at_path("customer", {"customer"}, jsonb),
                          at_path("copy", {"customer", "id"}, text)}));
    REQUIRE(
        d.verdict(
            R"({"customer": {"id":5, "name":"Åse\n", "address":{"zip":[1], "city":"Oslo"}} })") ==
        "accepted");
    CHECK(d.value<std::int32_t>(0) == 5);
    CHECK(d.string(1) == "Oslo");
    CHECK(d.string(2) == R"({"id":5, "name":"Åse\n", "address":{"zip":[1], "city":"Oslo"}})");
    CHECK(d.string(3) == "5");
    for (const std::string record :
         {R"({"customer":7})", R"({"customer":[{"id":5}]})", R"({"customer":null})", R"({"id":5})",
          R"({"other":{"customer":{"id":5}}})"}) {
        CAPTURE(record);
        REQUIRE(d.verdict(record) == "accepted");
        CHECK(d.is_null(0));
        CHECK(d.is_null(1));
    }
    REQUIRE(d.verdict(R"({"customer":7})") == "accepted");
    CHECK(d.string(2) == "7");
}

TEST_CASE("text takes any value as ->> gives it, JSON columns take it as it was written") {
    Decoding d(schema_of({codec::column("t", text), at_path("j", {"t"}, json)}));
    const auto check = [&d](std::string_view value, std::string_view as_text) {
        REQUIRE(d.verdict("{\"t\" : " + std::string(value) + " }") == "accepted");
        CHECK(d.string(0) == as_text);
        CHECK(d.string(1) == value);
    };
    check(R"("a\"\\\u00e9\n")", "a\"\\é\n");
    check(R"("")", "");
    check("1.50e1", "1.50e1");
    check("true", "true");
    check("false", "false");
    check(R"({ "b" : [1 , "x\u0041"] })", R"({ "b" : [1 , "x\u0041"] })");
    check("[ ]", "[ ]");
    REQUIRE(d.verdict(R"({"t":null})") == "accepted");
    CHECK(d.is_null(0));
    CHECK(d.is_null(1));
}

TEST_CASE("varchar counts characters and forgives spaces only") {
    Decoding d(schema_of({codec::column("v", codec::varchar(3))}));
    const auto kept = [&d](const std::string& value) {
        return d.verdict("{\"v\":\"" + value + "\"}") == "accepted" ? std::string(d.string(0))
                                                                    : d.last_verdict();
    };
    CHECK(kept("abc") == "abc");
    CHECK(kept("grü") == "grü");
    CHECK(kept("abc  ") == "abc");
    CHECK(kept("grü  ") == "grü");
    CHECK(kept("ab ") == "ab ");
    CHECK(kept("abcd") == "out_of_range v");
    CHECK(kept("grüß") == "out_of_range v");
    CHECK(kept("abc  d") == "out_of_range v");
}

TEST_CASE("a missing field takes the DEFAULT, an explicit null doesn't") {
    engine::Column qty = codec::column("qty", integer, true);
    qty.fallback = "7";
    engine::Column note = codec::column("note", text);
    note.fallback = R"("none\n")";
    engine::Column tags = codec::column("tags", jsonb);
    tags.fallback = R"(["a"])";
    Decoding d(schema_of({qty, note, tags}));
    REQUIRE(d.verdict("{}") == "accepted");
    CHECK(d.value<std::int32_t>(0) == 7);
    CHECK(d.string(1) == "none\n");
    CHECK(d.string(2) == R"(["a"])");
    REQUIRE(d.verdict(R"({"qty":1,"note":null})") == "accepted");
    CHECK(d.value<std::int32_t>(0) == 1);
    CHECK(d.is_null(1));
    CHECK(d.verdict(R"({"qty":null})") == "missing_field qty");
    qty.fallback = "seven";
    const engine::Schema broken = schema_of({qty});
    CHECK_THROWS_AS(codec::make_json_decoder(broken), Error);
}

TEST_CASE("a batch keeps its texts when the memory of the records is used for others") {
    Decoding d(
        schema_of({codec::column("t", text), codec::column("v", codec::varchar(9)),
                   codec::column("j", jsonb), codec::column("n", {Kind::numeric, -1, "n"}),
                   from(ColumnOrigin::key, "k", text), from(ColumnOrigin::offset, "o", text)}));
    const std::string long_number(40, '7');
    std::string value = R"({"t":"one","v":"two","j":[3, "x"],"n":)" + long_number + "}",
                key = "key";
    const auto add = [&](std::int64_t offset) {
        engine::Record record;
        record.value = value;
        record.key = key;
        record.offset = offset;
        d.add(std::move(record));
    };
    add(12);
    value = R"({"t":"ONE","v":"TWO","j":[4, "y"],"n":)" + std::string(40, '5') + "}";
    key = "KEY";
    add(34);
    REQUIRE(d.batch.rows() == 2);
    const auto first = [&d](std::size_t column) {
        return d.batch.column(column).at<std::string_view>(0);
    };
    CHECK(first(0) == "one");
    CHECK(first(1) == "two");
    CHECK(first(2) == R"([3, "x"])");
    CHECK(d.batch.column(3).at<engine::Numeric>(0).wire().substr(8) ==
          std::string_view(
              "\x1e\x61\x1e\x61\x1e\x61\x1e\x61\x1e\x61\x1e\x61\x1e\x61\x1e\x61\x1e\x61\x1e\x61"));
    CHECK(first(4) == "key");
    CHECK(first(5) == "12");
}

TEST_CASE("a refused record leaves no value for the next one") {
    Decoding d(schema_of({codec::column("a", integer), codec::column("b", integer)}));
    CHECK(d.verdict(R"({"a":1,"b":"x"})") == "wrong_type b");
    REQUIRE(d.verdict(R"({"b":2})") == "accepted");
    CHECK(d.is_null(0));
    CHECK(d.value<std::int32_t>(1) == 2);
}

TEST_CASE("columns that nothing needs are checked but not kept") {
    engine::Schema schema =
        schema_of({codec::column("a", integer, true), codec::column("b", text)});
    schema.needed = {false, true};
    Decoding d(schema);
    CHECK(d.verdict(R"({"a":"x"})") == "wrong_type a");
    CHECK(d.verdict("{}") == "missing_field a");
    REQUIRE(d.verdict(R"({"a":1,"b":"c"})") == "accepted");
    CHECK(d.is_null(0));
    CHECK(d.string(1) == "c");
}

TEST_CASE("fields are found in any order, and in orders that change") {
    std::vector<engine::Column> columns;
    for (int i = 0; i < 30; ++i)
        columns.push_back(codec::column("f" + std::to_string(i), integer));
    Decoding d(schema_of(columns));
    for (int shift = 0; shift < 90; ++shift) {
        std::string record = "{";
        for (int i = 0; i < 30; ++i) {
            const int field = (i * (shift < 30 ? 1 : 7) + shift) % 30;
            record += "\"f" + std::to_string(field) + "\":" + std::to_string(field + shift) +
                      ",\"x" + std::to_string(field) + "\":0,";
        }
        record.back() = '}';
        REQUIRE(d.verdict(record) == "accepted");
        for (int i = 0; i < 30; ++i)
            REQUIRE(d.value<std::int32_t>(static_cast<std::size_t>(i)) == i + shift);
    }
}

TEST_CASE("messages show what was found, cut to a length that people read") {
    Decoding d(schema_of({codec::column("qty", integer)}));
    CHECK(d.verdict(R"({"qty":")" + std::string(500, 'x') + R"("})") == "wrong_type qty");
    CHECK_THAT(d.last_reject().detail, ContainsSubstring("xxx…\" is not a whole number (integer)"));
    CHECK(d.last_reject().detail.size() < 150);
}
