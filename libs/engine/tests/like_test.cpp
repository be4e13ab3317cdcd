#include "like.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::engine;

TEST_CASE("LIKE matches whole texts, character by character") {
    CHECK(is_like("", ""));
    CHECK(is_like("", "%"));
    CHECK(is_like("abc", "a%c"));
    CHECK(is_like("abcbc", "a%bc"));
    CHECK(is_like("über", "_ber"));
    CHECK(is_like("日本", "__"));
    CHECK_FALSE(is_like("日本", "_"));
    CHECK_FALSE(is_like("abc", "ab"));
    CHECK_FALSE(is_like("abc", "%b"));
    CHECK_FALSE(is_like("", "_"));
}

TEST_CASE("a backslash takes a character of the pattern as it is") {
    CHECK(is_like("a%", "a\\%"));
    CHECK_FALSE(is_like("ab", "a\\%"));
    CHECK(is_like("a\\b", "a\\\\b"));
    CHECK(is_like("x_y", "%\\_y"));
    CHECK_FALSE(is_like_pattern("ab\\"));
    CHECK(is_like_pattern("ab\\\\"));
}
