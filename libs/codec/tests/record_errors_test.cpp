// What RapidJSON says of a broken text, and where, must not depend on how it is used: the decoder of
// records reads by recursion and from a stream of its own, codec::Json iteratively and from
// RapidJSON's.
#include <random>

#include "decoding.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec::test;

namespace {

std::string error_of(std::string_view text) {
    std::string error;
    codec::Json::parse(text, &error);
    return error;
}

// Json looks for repeated members where records are skipped, and keeps numbers to doubles.
bool is_stricter(const std::string& error) {
    return error.find("appears twice") != std::string::npos ||
           error.find("a number out of range") != std::string::npos;
}

void check_error(Decoding& decoding, const std::string& text) {
    CAPTURE(text);
    const std::string verdict = decoding.verdict(text), error = error_of(text);
    if (is_stricter(error)) return;
    if (verdict == "not_json")
        REQUIRE(decoding.last_reject().detail == error);
    else if (verdict == "accepted" || verdict == "not_an_object")
        REQUIRE(error.empty());
}

}  // namespace

TEST_CASE("a text that is no JSON is refused with the words and the place that it always was") {
    Decoding d(schema_of({codec::column("a", text)}));
    const auto detail = [&d](std::string_view value) {
        REQUIRE(d.verdict(value) == "not_json");
        return d.last_reject().detail;
    };
    for (const std::string start : {"]", "}", ",", ":"})
        CHECK(detail(" " + start) == "The document is empty. at byte 1");
    CHECK(detail(" ") == "The document is empty. at byte 1");
    CHECK(detail("x") == "Invalid value. at byte 0");
    CHECK(detail("-") == "Invalid value. at byte 1");
    CHECK(detail("[]]") == "The document root must not be followed by other values. at byte 2");
    CHECK(detail("[1,]") == "Invalid value. at byte 3");
    CHECK(detail("[}") == "Invalid value. at byte 1");
    CHECK(detail("[1}") == "Missing a comma or ']' after an array element. at byte 2");
    CHECK(detail(R"({"a":1,})") == "Missing a name for object member. at byte 7");
    CHECK(detail(R"({"a" 1})") == "Missing a colon after a name of object member. at byte 5");
    CHECK(detail(R"({"a":1)") == "Missing a comma or '}' after an object member. at byte 6");
    CHECK(detail(R"({"a":})") == "Invalid value. at byte 5");
    CHECK(detail(R"({"a":"x)") == "Missing a closing quotation mark in string. at byte 7");
    CHECK(detail("{\"a\":\"x\t\"}") == "Invalid escape character in string. at byte 7");
}

TEST_CASE("both ways to use RapidJSON find the same fault in the same place") {
    Decoding d(schema_of({codec::column("a", text), at_path("b", {"o", "b"}, text)}));
    const std::string tokens[] = {"{",     "}",     "[",     "]",         ",",        ":", "\"a\"",
                                  "\"o\"", "\"b\"", "\"c\"", "1",         "-0.5e3",   "-", "true",
                                  "null",  "false", " ",     "\n",        "\"é\\n\"", "x", "1.",
                                  "1e",    "\"",    "\\",    "\"\\u00e9", "\"\\u12",  "\t"};
    std::mt19937 random(1);
    for (int i = 0; i < 100'000; ++i) {
        std::string text = i % 2 == 0 ? "{\"a\":" : "";
        for (std::size_t left = random() % 8; left > 0; --left)
            text += tokens[random() % std::size(tokens)];
        check_error(d, text);
    }
    const std::string whole =
        R"( {"a": [1, {"x": "y\n"}, [ ], { }], "o" : {"b": "\u00e9\\z\"", "n": -1.5e-3}, "c":[true]} )";
    for (int i = 0; i < 100'000; ++i) {
        std::string text = whole;
        for (std::size_t left = 1 + random() % 3; left > 0; --left) {
            const std::size_t at = random() % text.size();
            const std::string& token = tokens[random() % std::size(tokens)];
            text.replace(at, random() % 3, random() % 2 == 0 ? token : "");
        }
        check_error(d, text);
    }
}

TEST_CASE("a string is read the same wherever it begins, however long it is, and with escapes") {
    Decoding d(schema_of({codec::column("a", text), at_path("j", {"a"}, json)}));
    for (std::size_t before = 0; before < 20; ++before) {
        for (std::size_t length = 0; length < 70; ++length) {
            const std::string start = std::string(before, ' ') + "{\"a\":\"", end = "\", \"z\":0}";
            std::string plain;
            while (plain.size() < length)
                plain += static_cast<char>('a' + plain.size() % 26);
            REQUIRE(d.verdict(start + plain + end) == "accepted");
            REQUIRE(d.string(0) == plain);
            for (std::size_t at = 0; at < length; at += 7) {
                std::string written = plain, read = plain;
                written.insert(at, "\\u00e9\\n");
                read.insert(at, "é\n");
                REQUIRE(d.verdict(start + written + end) == "accepted");
                REQUIRE(d.string(0) == read);
                REQUIRE(d.string(1) == '"' + written + '"');
            }
        }
    }
}
