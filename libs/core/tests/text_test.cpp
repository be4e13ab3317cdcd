#include "tidewheel/core/text.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;

TEST_CASE("numbers in a row are one range") {
    CHECK(ranges({}, ",") == "");
    CHECK(ranges({4}, ",") == "4");
    CHECK(ranges({0, 1}, ",") == "0,1");
    CHECK(ranges({0, 1, 2, 5, 7, 8, 9}, ", ") == "0-2, 5, 7-9");
}

TEST_CASE("lines of a value are told from the lines that follow it") {
    CHECK(indented("a\nhint: b", 4) == "a\n    hint: b");
}

TEST_CASE("long text is cut at a character") {
    CHECK(shorten("abc", 3) == "abc");
    CHECK(shorten("abcd", 3) == "ab…");
    CHECK(shorten("äöüß", 3) == "äö…");
}

TEST_CASE("numbers, counts and durations read as people write them") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(grouped(-1000) == "-1,000");
    CHECK(plural(1, "row") == "1 row");
    CHECK(plural(2000, "row") == "2,000 rows");
    CHECK(rough_duration(0.25) == "250 ms");
    CHECK(rough_duration(75) == "1 min 15 s");
    CHECK(rough_duration(7320) == "2 h 2 min");
    CHECK(rough_duration(90000) == "1 d 1 h");
}

TEST_CASE("a character begins at a byte, wherever letters of several bytes stand before it") {
    CHECK(byte_of_character("größe", 0) == 0);
    CHECK(byte_of_character("größe", 3) == 4);
    CHECK(byte_of_character("größe", 4) == 6);
    CHECK(byte_of_character("größe", 5) == 7);
    CHECK(byte_of_character("", 2) == 0);
}
