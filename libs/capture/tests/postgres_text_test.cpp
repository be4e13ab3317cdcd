#include "postgres_text.hpp"

#include <limits>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::capture;

TEST_CASE("a timestamp is microseconds since 1970, in UTC") {
    CHECK(timestamp_micros("1970-01-01 00:00:00+00") == 0);
    CHECK(timestamp_micros("2023-06-07 10:04:19.25+00") == 1686132259250000);
    CHECK(timestamp_micros("2023-06-07 12:04:19.25+02") == 1686132259250000);
    CHECK(timestamp_micros("2023-06-07 04:34:19.25-05:30") == 1686132259250000);
    CHECK(timestamp_micros("2023-06-07 10:04:19.000001") == 1686132259000001);
    CHECK(timestamp_micros("1969-12-31 23:59:59.999999") == -1);
    CHECK(timestamp_micros("0001-01-01 00:00:00+00") == -62135596800000000);
    CHECK(timestamp_micros("0001-01-01 00:00:00+00 BC") == -62167219200000000);
    CHECK(timestamp_micros("infinity") == std::numeric_limits<std::int64_t>::max());
    CHECK(timestamp_micros("-infinity") == std::numeric_limits<std::int64_t>::min());
    CHECK(timestamp_micros("294276-12-31 23:59:59.999999+00") ==  // more than 63 bits
          std::numeric_limits<std::int64_t>::max());
    CHECK_THROWS_AS(timestamp_micros("yesterday"), Error);
    CHECK_THROWS_AS(timestamp_micros("2023-06-07 10:04:19 CEST"), Error);
}

TEST_CASE("a date is days since 1970") {
    CHECK(date_days("1970-01-01") == 0);
    CHECK(date_days("2000-03-01") == 11017);
    CHECK(date_days("1969-12-31") == -1);
    CHECK(date_days("infinity") == std::numeric_limits<std::int32_t>::max());
    CHECK_THROWS_AS(date_days("01.02.2003"), Error);
}

TEST_CASE("a decimal is the number without its point, in two's complement") {
    const auto hex = [](const char* text, int scale) { return to_hex(decimal_bytes(text, scale)); };
    CHECK(hex("0", 0) == "00");
    CHECK(hex("0.00", 2) == "00");
    CHECK(hex("1.27", 2) == "7f");
    CHECK(hex("1.28", 2) == "0080");
    CHECK(hex("-1.28", 2) == "ff80");
    CHECK(hex("-0.01", 2) == "ff");
    CHECK(hex("2.56", 2) == "0100");
    CHECK(hex("5", 2) == "01f4");
    CHECK(hex("18446744073709551616", 0) == "010000000000000000");
    CHECK(hex("-18446744073709551616", 0) == "ff0000000000000000");
    CHECK_THROWS_AS(decimal_bytes("1e5", 2), Error);
    CHECK_THROWS_AS(decimal_bytes("1.234", 2), Error);
}

TEST_CASE("a bytea is the bytes of its digits") {
    CHECK(bytea_bytes("\\x") == "");
    CHECK(bytea_bytes("\\x00ff") == std::string("\0\xff", 2));
    CHECK_THROWS_AS(bytea_bytes("abc"), Error);
}
