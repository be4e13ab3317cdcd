#include "text_scan.hpp"

#include <string>

#include "tidewheel/codec/utf8.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::codec;
using namespace std::string_literals;

TEST_CASE("valid UTF-8 is taken, up to the borders of each length") {
    for (const std::string& text :
         {""s, "plain"s, "\x7f"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s, "\xED\x9F\xBF"s,
          "\xEE\x80\x80"s, "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s,
          "grüße, 東京 🌊"s})
        CHECK_FALSE(find_invalid_utf8(text));
}

TEST_CASE("invalid UTF-8 is found at its first byte") {
    for (const std::string& bad :
         {"\x80"s, "\xBF"s, "\xC0\x80"s, "\xC1\xBF"s, "\xC2"s, "\xC2\x41"s, "\xE0\x80\x80"s,
          "\xE0\x9F\xBF"s, "\xE2\x82"s, "\xED\xA0\x80"s, "\xED\xBF\xBF"s, "\xF0\x80\x80\x80"s,
          "\xF0\x8F\xBF\xBF"s, "\xF0\x9F\x8C"s, "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s,
          "\xFF"s}) {
        CAPTURE(bad.size());
        CHECK(find_invalid_utf8(bad) == 0u);
        CHECK(find_invalid_utf8("é" + bad + " ") == 2u);
    }
}

TEST_CASE("characters are counted, not bytes") {
    CHECK(count_characters("grüße 🌊") == 7);
    CHECK(first_characters("grüße", 3) == "grü");
    CHECK(first_characters("grü", 3) == "grü");
    CHECK(first_characters("grü", 9) == "grü");
    CHECK(first_characters("grü", 0).empty());
}

TEST_CASE("a control character is found wherever it hides in a word") {
    for (std::size_t at = 0; at < 40; ++at) {
        for (const char control : {'\0', '\x01', '\x1a', '\x1f'}) {
            std::string text(40, 'x');
            text[at] = control;
            const auto fault = find_fault(text);
            REQUIRE(fault);
            CHECK(fault->offset == at);
        }
    }
    CHECK_FALSE(find_fault("{\t\"a\":\r\n1}\x7f"));
}

TEST_CASE("bytes next to control characters and to the backslash are taken") {
    std::string text;
    for (int byte = 0x20; byte < 0x80; ++byte)
        if (byte != '\\') text += static_cast<char>(byte);
    CHECK_FALSE(find_fault(text));
}

TEST_CASE("escapes that PostgreSQL can't store are found, others are left to the parser") {
    CHECK(find_fault(R"({"a":"x\u0000"})")->offset == 7);
    CHECK(find_fault(R"("\ud83c")")->offset == 1);
    CHECK(find_fault(R"("\uD83C\u0041")")->offset == 1);
    CHECK(find_fault(R"("\ud83c\ud83c\udf0a")")->offset == 1);
    CHECK(find_fault(R"("\udf0a")")->offset == 1);
    CHECK(find_fault(R"("\ud83c\udf0a\udf0a")")->offset == 13);
    CHECK_FALSE(find_fault(R"("\ud83c\udf0a \u0041 \n \\u0000 \\\" \u12")"));
    CHECK_FALSE(find_fault("\\"));
    CHECK(find_fault(R"("\\\u0000")")->offset == 3);
}
