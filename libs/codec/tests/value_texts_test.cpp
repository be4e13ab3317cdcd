// Texts of single values, by type: what is read, and what is refused and why. That PostgreSQL
// agrees is shown by tests/integration/json_agrees_with_postgres_test.cpp.
#include <cmath>
#include <limits>
#include <string>

#include "number_text.hpp"
#include "tidewheel/testing/catch.hpp"
#include "timestamp_text.hpp"
#include "uuid_text.hpp"

using namespace tidewheel::codec;

namespace {

constexpr auto ok = ParseResult::ok;
constexpr auto wrong_type = ParseResult::wrong_type;
constexpr auto out_of_range = ParseResult::out_of_range;

constexpr std::int64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute,
                       day = 24 * hour;

}  // namespace

TEST_CASE("integers are read as int4in reads them") {
    struct Case {
        std::string text;
        ParseResult verdict;
        std::int64_t value;
    };
    const auto [text, verdict, expected] = GENERATE(values<Case>({
        {"0", ok, 0},
        {"-0", ok, 0},
        {" +5 ", ok, 5},
        {"\v5\f", ok, 5},
        {"007", ok, 7},
        {"2147483647", ok, 2147483647},
        {"-2147483648", ok, -2147483648LL},
        {"2147483648", out_of_range, 0},
        {"99999999999999999999", out_of_range, 0},
        {"", wrong_type, 0},
        {" ", wrong_type, 0},
        {"-", wrong_type, 0},
        {"+-5", wrong_type, 0},
        {"- 5", wrong_type, 0},
        {"5.0", wrong_type, 0},
        {"1e2", wrong_type, 0},
        {"5x", wrong_type, 0},
        {"0x10", wrong_type, 0},
        {"1_000", wrong_type, 0},
        {"true", wrong_type, 0},
    }));
    CAPTURE(text);
    std::int64_t value = 0;
    REQUIRE(read_integer(text, std::numeric_limits<std::int32_t>::min(),
                         std::numeric_limits<std::int32_t>::max(), value) == verdict);
    if (verdict == ok) CHECK(value == expected);
}

TEST_CASE("floats are read as float8in reads them") {
    struct Case {
        std::string text;
        ParseResult verdict;
        double value;
    };
    const auto [text, verdict, expected] = GENERATE(values<Case>({
        {"0", ok, 0},
        {"1.5", ok, 1.5},
        {" +.5e1 ", ok, 5},
        {"1.", ok, 1},
        {"-2.5E-3", ok, -0.0025},
        {"0.1", ok, 0.1},
        {"0.184467440737095516159", ok, 0.184467440737095516159},
        {"0.0000000000000000000000000000001", ok, 1e-31},
        {"1e-310", ok, 1e-310},
        {"0e-999", ok, 0},
        {"Infinity", ok, INFINITY},
        {"-inf", ok, -INFINITY},
        {"1e400", out_of_range, 0},
        {"1e-400", out_of_range, 0},
        {"", wrong_type, 0},
        {"1e", wrong_type, 0},
        {"infinit", wrong_type, 0},
        {"0x1p3", wrong_type, 0},
        {"1,5", wrong_type, 0},
        {"+-1", wrong_type, 0},
    }));
    CAPTURE(text);
    double value = 0;
    REQUIRE(read_float64(text, value) == verdict);
    if (verdict == ok) CHECK(value == expected);
}

TEST_CASE("a real is rounded once, and has a range of its own") {
    double value = 0;
    REQUIRE(read_float32("0.1", value) == ok);
    CHECK(value == static_cast<double>(0.1f));
    CHECK(read_float32("1e39", value) == out_of_range);
    CHECK(read_float32("1e-50", value) == out_of_range);
    REQUIRE(read_float64("NaN", value) == ok);
    CHECK(std::isnan(value));
}

TEST_CASE("booleans are read by unique prefixes of any case") {
    bool value = false;
    for (const std::string yes : {"true", "T", "tRu", "yes", "y", "on", "ON", "1", " t "}) {
        CAPTURE(yes);
        value = false;
        REQUIRE(read_boolean(yes, value) == ok);
        CHECK(value);
    }
    for (const std::string no : {"false", "F", "fal", "no", "n", "off", "oF", "0"}) {
        CAPTURE(no);
        value = true;
        REQUIRE(read_boolean(no, value) == ok);
        CHECK_FALSE(value);
    }
    for (const std::string neither : {"", "o", "truee", "01", "2", "1.0", "ja"}) {
        CAPTURE(neither);
        CHECK(read_boolean(neither, value) == wrong_type);
    }
}

TEST_CASE("every number of a record keeps to limits that jsonb and RapidJSON can hold") {
    CHECK(is_within_limits("1e308"));
    CHECK(is_within_limits("-1.5E+308"));
    CHECK(is_within_limits("1e-308"));
    CHECK_FALSE(is_within_limits("1e-309"));
    CHECK_FALSE(is_within_limits("1e-2147483648"));  // the int that has no absolute value
    CHECK_FALSE(is_within_limits("1.00000000001e-2147483638"));
    CHECK_FALSE(is_within_limits("1e-99999999999999999999"));
    CHECK(is_within_limits(std::string(1000, '9')));
    CHECK_FALSE(is_within_limits(std::string(1001, '9')));
}

TEST_CASE("uuids are read in every form that uuid_in takes") {
    tidewheel::engine::Uuid uuid{};
    for (const std::string good :
         {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
          "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
          "a0eebc999c0b4ef8-bb6d6bb9bd380a11"}) {
        CAPTURE(good);
        REQUIRE(read_uuid(good, uuid) == ok);
        CHECK(uuid.bytes[0] == 0xA0);
        CHECK(uuid.bytes[15] == 0x11);
    }
    for (const std::string bad :
         {"", "{", "}", "{}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
          "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
          " a0eebc999c0b4ef8bb6d6bb9bd380a11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
          "a0eebc999c0b4ef8bb6d6bb9bd380a11}", "a0-eebc999c0b4ef8bb6d6bb9bd380a11",
          "a0eebc999c0b4ef8bb6d6bb9bd380a11-", "-a0eebc999c0b4ef8bb6d6bb9bd380a11",
          "a0eebc99--9c0b4ef8bb6d6bb9bd380a11"}) {
        CAPTURE(bad);
        CHECK(read_uuid(bad, uuid) == wrong_type);
    }
}

TEST_CASE("moments are ISO 8601, UTC unless they say otherwise") {
    struct Case {
        std::string text;
        std::int64_t microseconds;
    };
    const auto [text, expected] = GENERATE(values<Case>({
        {"2000-01-01", 0},
        {"2000-01-01T00:00", 0},
        {"2000-01-01 00:00:00Z", 0},
        {"2000-01-02t03:04:05.5z", day + 3 * hour + 4 * minute + 5 * second + 500'000},
        {"  2000-01-01T01:00+01  ", 0},
        {"2000-01-01T01:00:00 +0100", 0},
        {"1999-12-31T19:00-05:00", 0},
        {"2000-01-01T00:00:00+05:30", -(5 * hour + 30 * minute)},
        {"2000-01-01T15:59:59+15:59:59", 0},
        {"2000-02-29T00:00:00.000001", 59 * day + 1},
        {"1970-01-01T00:00Z", -946'684'800 * second},
        {"2000-01-01T00:00:00.0000005", 0},  // half to even, through a double, like PostgreSQL
        {"2000-01-01T00:00:00.0000015", 2},
        {"2000-01-01T23:59:59.9999999", day},
        {"2000-01-01T00:00:00.", 0},
        {"9999-12-31T23:59:59.999999Z", 2921940 * day - 1},
    }));
    CAPTURE(text);
    std::int64_t value = -1;
    REQUIRE(read_timestamptz(text, -1, value) == ok);
    CHECK(value == expected);
}

TEST_CASE("moments that don't exist are out of range, other forms of the wrong type") {
    std::int64_t value = 0;
    for (const std::string impossible :
         {"2024-02-30", "2023-02-29", "2024-13-01", "2024-00-01", "0000-01-01", "2024-01-01T25:00",
          "2024-01-01T10:60", "2024-01-01T10:00:61", "2024-01-01T10:00+16",
          "2024-01-01T10:00-05:60"}) {
        CAPTURE(impossible);
        CHECK(read_timestamptz(impossible, -1, value) == out_of_range);
    }
    for (const std::string other : {"",
                                    "now",
                                    "infinity",
                                    "Jan 8 1999",
                                    "20240101",
                                    "2024-1-1",
                                    "10000-01-01",
                                    "-2024-01-01",
                                    "2024-01-01T",
                                    "2024-01-01T10",
                                    "2024-01-01T1:00",
                                    "2024-01-01T24:00",
                                    "2024-01-01T10:00:60",
                                    "2024-01-01T10:00:00X",
                                    "2024-01-01T10:00:00+5",
                                    "2024-01-01T10:00:00+05:3",
                                    "2024-01-01T10:00:00Z Z",
                                    "2024-01-01  10:00",
                                    "2024-01-01 BC",
                                    "2024-01-01T10:00:00,5"}) {
        CAPTURE(other);
        CHECK(read_timestamptz(other, -1, value) == wrong_type);
    }
}

TEST_CASE("timestamp, date and time ignore a zone but want a right one") {
    std::int64_t value = -1;
    REQUIRE(read_timestamp("2000-01-01T01:00+05", -1, value) == ok);
    CHECK(value == hour);
    CHECK(read_timestamp("2000-01-01T01:00+", -1, value) == wrong_type);
    std::int32_t days = -1;
    REQUIRE(read_date("2000-03-01T23:59:59.9999999-05", days) == ok);
    CHECK(days == 60);
    CHECK(read_date("2000-03-32", days) == out_of_range);
    REQUIRE(read_time("10:00:00.25+05", -1, value) == ok);
    CHECK(value == 10 * hour + 250'000);
    REQUIRE(read_time("2024-01-01 10:00", -1, value) == ok);
    CHECK(value == 10 * hour);
    REQUIRE(read_time("23:59:59.9999999", -1, value) == ok);
    CHECK(value == day);
    CHECK(read_time("10", -1, value) == wrong_type);
    CHECK(read_time("2024-01-01", -1, value) == wrong_type);
    CHECK(read_time("2024-01-01T10:00", -1, value) == wrong_type);
    CHECK(read_time("2024-01-01t10:00:00+02", -1, value) == wrong_type);
    REQUIRE(read_time("2024-01-01 10:00:00 +02", -1, value) == ok);
    CHECK(value == 10 * hour);
}

TEST_CASE("a fraction is rounded to the column's precision, half away from zero") {
    std::int64_t value = 0;
    REQUIRE(read_timestamp("2000-01-01T00:00:00.1235", 3, value) == ok);
    CHECK(value == 124'000);
    REQUIRE(read_timestamp("1999-12-31T23:59:59.9995", 3, value) == ok);
    CHECK(value == -1'000);
    REQUIRE(read_timestamp("1999-12-31T23:59:59.5", 0, value) == ok);
    CHECK(value == -1'000'000);
    REQUIRE(read_timestamp("2000-01-01T00:00:00.123456", 6, value) == ok);
    CHECK(value == 123'456);
}
