#include "epoch_number.hpp"

#include "decoding.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::codec;
using namespace tidewheel::codec::test;
using Catch::Matchers::ContainsSubstring;
using engine::EpochUnit;

namespace {

constexpr std::int64_t year_2000 = 946'684'800'000'000;

// Microseconds since 1970.
std::int64_t value(std::string_view text, EpochUnit unit) {
    engine::Arena arena;
    std::int64_t microseconds = 0;
    CAPTURE(text);
    REQUIRE(read_epoch(text, unit, arena, microseconds) == ParseResult::ok);
    return microseconds + year_2000;
}

ParseResult verdict(std::string_view text, EpochUnit unit) {
    engine::Arena arena;
    std::int64_t microseconds = 0;
    return read_epoch(text, unit, arena, microseconds);
}

engine::Column epoch_column(std::string name, engine::Type type, EpochUnit unit) {
    engine::Column made = codec::column(std::move(name), std::move(type));
    made.epoch = unit;
    return made;
}

const engine::Type timestamp_3{Kind::timestamp, 3, "timestamp(3)"}, date{Kind::date, -1, "date"};

}  // namespace

TEST_CASE("a number of any unit is exact to the microsecond") {
    CHECK(value("0", EpochUnit::second) == 0);
    CHECK(value("1714979289", EpochUnit::second) == 1'714'979'289'000'000);
    CHECK(value("1714979289.123456", EpochUnit::second) == 1'714'979'289'123'456);
    CHECK(value("1714979289123", EpochUnit::millisecond) == 1'714'979'289'123'000);
    CHECK(value("1714979289123.456", EpochUnit::millisecond) == 1'714'979'289'123'456);
    CHECK(value("1714979289123456", EpochUnit::microsecond) == 1'714'979'289'123'456);
    CHECK(value("1714979289123456000", EpochUnit::nanosecond) == 1'714'979'289'123'456'000 / 1000);
    CHECK(value(" +1.714979289123e12 ", EpochUnit::millisecond) == 1'714'979'289'123'000);
    CHECK(value("-1.5", EpochUnit::second) == -1'500'000);
    // Beyond what a double can tell apart.
    CHECK(value("253402300799.999999", EpochUnit::second) == 253'402'300'799'999'999);
}

TEST_CASE("what is finer than a microsecond is rounded, half away from 1970") {
    CHECK(value("0.0000005", EpochUnit::second) == 1);
    CHECK(value("-0.0000005", EpochUnit::second) == -1);
    CHECK(value("0.0000004999999999999999999999999", EpochUnit::second) == 0);
    CHECK(value("2.5", EpochUnit::microsecond) == 3);
    CHECK(value("1499", EpochUnit::nanosecond) == 1);
    CHECK(value("1500", EpochUnit::nanosecond) == 2);
    CHECK(value("-1500", EpochUnit::nanosecond) == -2);
    CHECK(value("1714979289123456499.999999999", EpochUnit::nanosecond) == 1'714'979'289'123'456);
    CHECK(value("1714979289123456500", EpochUnit::nanosecond) == 1'714'979'289'123'457);
    CHECK(value("1e-300", EpochUnit::second) == 0);
}

TEST_CASE("the years 1 to 9999 are in range, and no microsecond more") {
    CHECK(value("-62135596800", EpochUnit::second) == -62'135'596'800'000'000);
    CHECK(verdict("-62135596800.000001", EpochUnit::second) == ParseResult::out_of_range);
    CHECK(verdict("253402300800", EpochUnit::second) == ParseResult::out_of_range);
    CHECK(verdict("253402300799.9999995", EpochUnit::second) == ParseResult::out_of_range);
    CHECK(value("253402300799999999499", EpochUnit::nanosecond) == 253'402'300'799'999'999);
    CHECK(verdict("253402300799999999500", EpochUnit::nanosecond) == ParseResult::out_of_range);
    for (const EpochUnit unit :
         {EpochUnit::second, EpochUnit::millisecond, EpochUnit::microsecond, EpochUnit::nanosecond})
        for (const char* text : {"1e300", "-1e300", "99999999999999999999999999999999", "NaN"})
            CHECK(verdict(text, unit) == ParseResult::out_of_range);
}

TEST_CASE("a text that is no number is none of a time either") {
    for (const char* text : {"", " ", "2024-05-06", "12:00", "true", "0x10", "1_000", "[1]", "1 2"})
        CHECK(verdict(text, EpochUnit::millisecond) == ParseResult::wrong_type);
}

TEST_CASE("columns hold numbers as times, by the scanner and by RapidJSON") {
    const engine::Schema schema =
        schema_of({epoch_column("a", timestamptz, EpochUnit::millisecond),
                   epoch_column("b", timestamp_3, EpochUnit::second),
                   epoch_column("c", date, EpochUnit::microsecond),
                   epoch_column("d", timestamptz, EpochUnit::nanosecond)});
    for (const auto make : {codec::make_json_decoder, codec::make_reference_json_decoder}) {
        Decoding d(schema);
        d.decoder = make(d.schema);
        REQUIRE(d.verdict(R"({"a":1714979289123,"b":"1714979289.1235","c":-1,"d":1})") ==
                "accepted");
        CHECK(d.value<std::int64_t>(0) == 1'714'979'289'123'000 - year_2000);
        CHECK(d.value<std::int64_t>(1) == 1'714'979'289'124'000 - year_2000);
        CHECK(d.value<std::int32_t>(2) == -10'958);  // 1969-12-31
        CHECK(d.value<std::int64_t>(3) == -year_2000);
        REQUIRE(d.verdict(R"({"a":null})") == "accepted");
        CHECK(d.is_null(0));
        CHECK(d.verdict(R"({"a":1e30})") == "out_of_range a");
        CHECK(d.verdict(R"({"a":"2024-05-06T07:08:09Z"})") == "wrong_type a");
        CHECK(d.last_reject().detail ==
              "\"2024-05-06T07:08:09Z\" is not a number of milliseconds since 1970 (timestamp with "
              "time zone)");
        CHECK(d.verdict(R"({"a":true})") == "wrong_type a");
        CHECK(d.verdict(R"({"a":{"b":1}})") == "wrong_type a");
    }
}

TEST_CASE("a number in a column of times without the option is told of it") {
    Decoding d(schema_of({codec::column("at", timestamptz), codec::column("on", date),
                          codec::column("clock", {Kind::time, -1, "time"})}));
    REQUIRE(d.verdict(R"({"at": 1714979289123})") == "wrong_type at");
    CHECK_THAT(
        d.last_reject().detail,
        ContainsSubstring("a number needs the column's option epoch 's', 'ms', 'us' or 'ns'"));
    REQUIRE(d.verdict(R"({"on": 1714979289123})") == "wrong_type on");
    CHECK_THAT(d.last_reject().detail, ContainsSubstring("option epoch"));
    REQUIRE(d.verdict(R"({"clock": 1714979289123})") == "wrong_type clock");
    CHECK_THAT(d.last_reject().detail, !ContainsSubstring("option epoch"));
    REQUIRE(d.verdict(R"({"at": "soon"})") == "wrong_type at");
    CHECK_THAT(d.last_reject().detail, !ContainsSubstring("option epoch"));
}
