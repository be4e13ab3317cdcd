#include "avro_text.hpp"

#include "avro_types.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::verify;

TEST_CASE("times are written to their last digit, and not beyond the years 1 to 9999") {
    CHECK(moment_text(1'714'979'289'123, 1000, "Z") == "2024-05-06T07:08:09.123Z");
    CHECK(moment_text(-1, 1'000'000, "") == "1969-12-31T23:59:59.999999");
    CHECK(moment_text(1'714'979'289'123'456'500, 1'000'000'000, "Z") ==
          "2024-05-06T07:08:09.123457Z");
    CHECK(moment_text(-500, 1'000'000'000, "Z") == "1970-01-01T00:00:00.000000Z");
    CHECK(moment_text(-62'135'596'800'000, 1000, "Z") == "0001-01-01T00:00:00.000Z");
    CHECK_FALSE(moment_text(-62'135'596'800'001, 1000, "Z"));
    CHECK_FALSE(moment_text(253'402'300'800'000, 1000, "Z"));
    CHECK(clock_text(86'399'999, 1000) == "23:59:59.999");
    CHECK_FALSE(clock_text(86'400'000, 1000));
    CHECK(day_text(19849) == "2024-05-06");
    CHECK_FALSE(day_text(2'932'897));
}

TEST_CASE("decimals of two's complement") {
    const auto text = [](const std::string& hex, std::size_t scale) {
        return decimal_text(from_hex(hex), scale).value_or("none");
    };
    CHECK(text("", 2) == "0.00");
    CHECK(text("ff", 2) == "-0.01");
    CHECK(text("8000", 2) == "-327.68");
    CHECK(text("cfcc", 3) == "-12.340");
    CHECK(text("00ff", 0) == "255");
    CHECK(text("010000000000000000000000000000000000000000", 2) ==
          "14615016373309029182036848327162830196559325429.76");
    CHECK(text(std::string(1000, '7'), 0) == "none");
}

TEST_CASE("a schema may name a type of another one, and hold itself") {
    auto types = AvroTypes::read(
        {R"({"type": "enum", "name": "shop.Suit", "symbols": ["H", "S"]})",
         R"({"type": "record", "name": "shop.R", "fields": [{"name": "suit", "type": "Suit"}, {"name": "again", "type": "shop.Suit"}, {"name": "next", "type": ["null", "R"]}]})"});
    REQUIRE(types);
    CHECK(types->value_of(from_hex("020002000000")));
    CHECK_FALSE(types->value_of(from_hex("0200")));
    CHECK_FALSE(types->value_of(from_hex("02000001")));
    CHECK_FALSE(AvroTypes::read({"{"}));
    CHECK_FALSE(AvroTypes::read({}));
}
