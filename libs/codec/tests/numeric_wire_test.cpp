#include "numeric_wire.hpp"

#include <string>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::codec;
using tidewheel::engine::Arena;
using tidewheel::engine::NumericLimit;

namespace {

int field(std::string_view wire, std::size_t index) {
    const auto high = static_cast<unsigned char>(wire[2 * index]);
    const auto low = static_cast<unsigned char>(wire[2 * index + 1]);
    return static_cast<std::int16_t>(high << 8 | low);
}

// "weight|sign|dscale|digit digit…", as numeric_recv sees it.
std::string printed(std::string_view wire) {
    REQUIRE(wire.size() >= 8);
    REQUIRE(wire.size() == 8 + 2 * static_cast<std::size_t>(field(wire, 0)));
    std::string text = std::to_string(field(wire, 1)) + '|' +
                       (field(wire, 2) == 0x4000 ? "-" : "+") + '|' +
                       std::to_string(field(wire, 3)) + '|';
    for (std::size_t i = 4; i < wire.size() / 2; ++i)
        text += (i > 4 ? " " : "") + std::to_string(field(wire, i));
    return text;
}

std::string read(std::string_view text, std::optional<NumericLimit> limit = std::nullopt) {
    Arena arena;
    std::string_view wire;
    switch (read_numeric(text, limit, arena, wire)) {
        case Verdict::wrong_type:
            return "wrong_type";
        case Verdict::out_of_range:
            return "out_of_range";
        case Verdict::ok:
            break;
    }
    return printed(wire);
}

}  // namespace

TEST_CASE("numerics take PostgreSQL's binary form, with the scale they are written in") {
    CHECK(read("0") == "0|+|0|");
    CHECK(read("-0.00") == "0|+|2|");
    CHECK(read("1") == "0|+|0|1");
    CHECK(read("10000") == "1|+|0|1");
    CHECK(read("12345678") == "1|+|0|1234 5678");
    CHECK(read("-12.34") == "0|-|2|12 3400");
    CHECK(read("0.0001") == "-1|+|4|1");
    CHECK(read("0.00001") == "-2|+|5|1000");
    CHECK(read("1.50") == "0|+|2|1 5000");
    CHECK(read("000123.4500") == "0|+|4|123 4500");
    CHECK(read(".5") == "-1|+|1|5000");
    CHECK(read("5.") == "0|+|0|5");
    CHECK(read(" +5 ") == "0|+|0|5");
    CHECK(read("1e2") == "0|+|0|100");
    CHECK(read("1.50e1") == "0|+|1|15");
    CHECK(read("15E-3") == "-1|+|3|150");
    CHECK(read("1e308") == "77|+|0|1");
    CHECK(read("123456789012345678901234567890") == "7|+|0|12 3456 7890 1234 5678 9012 3456 7890");
}

TEST_CASE("a limit rounds half away from zero and refuses what has too many digits") {
    const NumericLimit price{10, 2};
    CHECK(read("19.99", price) == "0|+|2|19 9900");
    CHECK(read("5", price) == "0|+|2|5");
    CHECK(read("0.005", price) == "-1|+|2|100");
    CHECK(read("0.00499999", price) == "0|+|2|");
    CHECK(read("-0.005", price) == "-1|-|2|100");
    CHECK(read("-0.001", price) == "0|+|2|");
    CHECK(read("1.995", price) == "0|+|2|2");
    CHECK(read("9999.995", price) == "1|+|2|1");
    CHECK(read("99999999.994", price) == "1|+|2|9999 9999 9900");
    CHECK(read("99999999.995", price) == "out_of_range");
    CHECK(read("100000000", price) == "out_of_range");
    CHECK(read("1e9", price) == "out_of_range");
    CHECK(read("0e300", price) == "0|+|2|");
    CHECK(read("1e-300", price) == "0|+|2|");
}

TEST_CASE("a scale may be negative, or larger than the precision") {
    CHECK(read("12349", NumericLimit{3, -2}) == "1|+|0|1 2300");
    CHECK(read("49", NumericLimit{3, -2}) == "0|+|0|");
    CHECK(read("50", NumericLimit{3, -2}) == "0|+|0|100");
    CHECK(read("99950", NumericLimit{3, -2}) == "out_of_range");
    CHECK(read("0.00994", NumericLimit{2, 4}) == "-1|+|4|99");
    CHECK(read("0.00995", NumericLimit{2, 4}) == "out_of_range");
}

TEST_CASE("what is no number is of the wrong type, what no float could hold is out of range") {
    for (const std::string text : {"", " ", ".", "-", "+-1", "1e", "1e+", "1e+-5", "1.2.3", "1_0",
                                   "0x10", "1,5", "abc", "12a", "1 2", "{}"}) {
        CAPTURE(text);
        CHECK(read(text) == "wrong_type");
    }
    for (const std::string text :
         {"NaN", "Infinity", "-inf", "+INFINITY", "1e309", "1e-309", "1e-2147483648",
          "1.00000000001e-2147483638", "1e99999999999999999999"}) {
        CAPTURE(text);
        CHECK(read(text) == "out_of_range");
    }
    CHECK(read(std::string(1000, '1')) != "out_of_range");
    CHECK(read(std::string(1001, '1')) == "out_of_range");
    CHECK(read("0." + std::string(998, '9'), NumericLimit{10, 2}) == "0|+|2|1");
}
