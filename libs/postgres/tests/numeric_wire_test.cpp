#include "numeric_wire.hpp"

#include <random>
#include <string>

#include "tidewheel/testing/catch.hpp"

using tidewheel::engine::Numeric;
using tidewheel::postgres::numeric_wire_limit;
using tidewheel::postgres::put_numeric;
using Int128 = Numeric::Int128;

namespace {

int field(std::string_view wire, std::size_t index) {
    const auto high = static_cast<unsigned char>(wire[2 * index]);
    const auto low = static_cast<unsigned char>(wire[2 * index + 1]);
    return static_cast<std::int16_t>(high << 8 | low);
}

std::string wire_of(const Numeric& value) {
    std::string wire(numeric_wire_limit, '\xee');
    wire.resize(static_cast<std::size_t>(put_numeric(wire.data(), value) - wire.data()));
    return wire;
}

// "weight|sign|dscale|digit digit…", as numeric_recv sees it.
std::string sent(Int128 unscaled, int scale, int shown) {
    const std::string wire = wire_of(Numeric::of(unscaled, scale, shown));
    REQUIRE(wire.size() == 8 + 2 * static_cast<std::size_t>(field(wire, 0)));
    std::string text = std::to_string(field(wire, 1)) + '|' +
                       (field(wire, 2) == 0x4000 ? "-" : "+") + '|' +
                       std::to_string(field(wire, 3)) + '|';
    for (std::size_t i = 4; i < wire.size() / 2; ++i)
        text += (i > 4 ? " " : "") + std::to_string(field(wire, i));
    return text;
}

// What a wire form means, as unscaled * 10^-scale: every digit that it has is in there.
Int128 meaning_of(std::string_view wire, int scale) {
    Int128 value = 0;
    const int count = field(wire, 0);
    int places = -4 * (field(wire, 1) + 1);
    for (int group = 0; group < count; ++group) {
        REQUIRE(field(wire, 4 + static_cast<std::size_t>(group)) < 10'000);
        for (int unit = 1000; unit > 0; unit /= 10) {
            const int digit = field(wire, 4 + static_cast<std::size_t>(group)) / unit % 10;
            ++places;
            if (places > scale)
                REQUIRE(digit == 0);
            else
                value = value * 10 + digit;
        }
    }
    for (; count > 0 && places < scale; ++places)
        value *= 10;
    return field(wire, 2) == 0x4000 ? -value : value;
}

Int128 power_of_ten(int exponent) {
    Int128 power = 1;
    for (; exponent > 0; --exponent)
        power *= 10;
    return power;
}

}  // namespace

TEST_CASE("a numeric takes PostgreSQL's binary form, without zeros at either end") {
    CHECK(sent(0, 0, 0) == "0|+|0|");
    CHECK(sent(0, 2, 2) == "0|+|2|");
    CHECK(sent(0, 7, 20) == "0|+|20|");
    CHECK(sent(1, 0, 0) == "0|+|0|1");
    CHECK(sent(10'000, 0, 0) == "1|+|0|1");
    CHECK(sent(12'345'678, 0, 0) == "1|+|0|1234 5678");
    CHECK(sent(-1234, 2, 2) == "0|-|2|12 3400");
    CHECK(sent(1, 4, 4) == "-1|+|4|1");
    CHECK(sent(1, 5, 5) == "-2|+|5|1000");
    CHECK(sent(1'234'500, 4, 4) == "0|+|4|123 4500");
    CHECK(sent(500, 2, 2) == "0|+|2|5");
    CHECK(sent(150, 4, 20) == "-1|+|20|150");
    CHECK(sent(1, 1300, 1300) == "-325|+|1300|1");
    CHECK(sent(power_of_ten(38) - 1, 37, 37) ==
          "0|+|37|9 9999 9999 9999 9999 9999 9999 9999 9999 9999 9000");
    CHECK(sent(-power_of_ten(37), 0, 0) == "9|-|0|10");
}

TEST_CASE("a numeric's binary form means the same number, however long it is") {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const int digits = static_cast<int>(random() % 39);
        const int scale = static_cast<int>(random() % 45);
        const Int128 all = static_cast<Int128>(random() >> 1) << 64 | random();
        // Every other one ends in zeros.
        const Int128 unit = power_of_ten(i % 2 == 0 ? 0 : static_cast<int>(random() % 12));
        Int128 unscaled = all % power_of_ten(digits) / unit * unit;
        if (random() % 2 == 0) unscaled = -unscaled;
        const std::string wire = wire_of(Numeric::of(unscaled, scale, scale));
        CAPTURE(digits, scale, static_cast<std::int64_t>(unscaled));
        REQUIRE(meaning_of(wire, scale) == unscaled);
        REQUIRE(field(wire, 3) == scale);
        const int count = field(wire, 0);
        REQUIRE((count == 0 ||
                 (field(wire, 4) != 0 && field(wire, 3 + static_cast<std::size_t>(count)) != 0)));
    }
}
