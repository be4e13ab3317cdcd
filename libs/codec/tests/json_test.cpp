#include "tidewheel/codec/json.hpp"

#include <cmath>

#include "tidewheel/testing/catch.hpp"

using Catch::Matchers::ContainsSubstring;
using tidewheel::codec::Json;

TEST_CASE("what was dumped is parsed to the same value") {
    Json json = Json::object();
    json.set("text", "quote \" slash \\ line\n\x01 grüße")
        .set("integer", std::int64_t{9223372036854775807})
        .set("least", std::int64_t{-9223372036854775807 - 1})
        .set("double", 2.5)
        .set("whole double", 5.0)
        .set("tiny", 5e-324 * 1e20)
        .set("yes", true)
        .set("nothing", nullptr)
        .set("missing", std::optional<int>())
        .set("empty array", Json::array())
        .set("empty object", Json::object())
        .set("array", Json::array().push(1).push("two").push(Json::array().push(3)));
    for (const int indent : {0, 2}) {
        std::string error;
        const auto parsed = Json::parse(json.dump(indent), &error);
        INFO(error);
        REQUIRE(parsed);
        CHECK(*parsed == json);
    }
}

TEST_CASE("dumps are one line, or indented") {
    const Json json = Json::object().set("a", 1).set("b", Json::array().push(true).push(nullptr));
    CHECK(json.dump() == R"({"a": 1, "b": [true, null]})");
    CHECK(json.dump(2) == "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null\n  ]\n}");
    CHECK(Json(std::nan("")).dump() == "null");
    CHECK(Json("a\tb\x1f/").dump() == "\"a\\tb\\u001f/\"");
}

TEST_CASE("members are found, replaced and kept in order") {
    Json json = Json::object().set("a", 1).set("b", 2).set("a", 3);
    REQUIRE(json.find("a"));
    CHECK(json.find("a")->integer() == 3);
    CHECK(json.find("a")->number() == 3.0);
    CHECK(json.find("c") == nullptr);
    CHECK(json.members().front().first == "a");
    CHECK(Json(1).find("a") == nullptr);
    CHECK(Json(1).is_number());
    CHECK_FALSE(Json(1.5).is_integer());
    CHECK_THROWS_AS(Json("1").integer(), std::bad_variant_access);
}

TEST_CASE("whole numbers beyond int64 become doubles") {
    CHECK(Json::parse("9223372036854775808")->number() == 9223372036854775808.0);
    CHECK(Json::parse("-0")->integer() == 0);
}

TEST_CASE("a text that is no JSON is refused with its place") {
    const auto error_of = [](std::string_view text) {
        std::string error = "accepted";
        Json::parse(text, &error);
        return error;
    };
    CHECK_THAT(error_of("{\"a\":1"), ContainsSubstring("at byte 6"));
    CHECK_THAT(error_of("[1] 2"), ContainsSubstring("at byte 4"));
    CHECK_THAT(error_of(R"({"a":1,"a":2})"), ContainsSubstring("appears twice"));
    CHECK_THAT(error_of("1e-999"), ContainsSubstring("out of range"));
    CHECK_THAT(error_of("1.9e308"), ContainsSubstring("out of range"));  // and not 0
    CHECK_THAT(error_of(std::string(65, '[')), ContainsSubstring("64 levels"));
    CHECK_THAT(error_of(""), ContainsSubstring("at byte 0"));
    CHECK(error_of(std::string(64, '[') + std::string(64, ']')) == "accepted");
    CHECK_FALSE(Json::parse("nul"));
}
