#include "numeric_text.hpp"

#include <random>
#include <string>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::codec;
using tidewheel::engine::Arena;
using tidewheel::engine::Numeric;
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

// The digits of a number without its sign, before and after the point in groups of four.
std::string digits_of(Numeric::Int128 unscaled, int scale) {
    std::string digits;
    for (; unscaled != 0; unscaled /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + (unscaled < 0 ? -1 : 1) *
                                                                  static_cast<int>(unscaled % 10)));
    const auto places = static_cast<std::size_t>(scale);
    if (digits.size() < places) digits.insert(0, places - digits.size(), '0');
    digits.insert(0, (4 - (digits.size() - places) % 4) % 4, '0');
    digits.append((4 - places % 4) % 4, '0');
    return digits;
}

// The same of a number that is not wide.
std::string printed(const Numeric& value) {
    if (value.is_wide()) return printed(value.wire());
    REQUIRE(value.scale == value.shown);
    std::string digits = digits_of(value.unscaled(), value.scale);
    int weight = static_cast<int>(digits.size()) / 4 - (value.scale + 3) / 4 - 1;
    for (; digits.starts_with("0000"); --weight)
        digits.erase(0, 4);
    while (digits.ends_with("0000"))
        digits.erase(digits.size() - 4);
    std::string text = std::to_string(digits.empty() ? 0 : weight) + '|' +
                       (value.unscaled() < 0 ? "-" : "+") + '|' + std::to_string(value.shown) + '|';
    for (std::size_t at = 0; at < digits.size(); at += 4)
        text += (at > 0 ? " " : "") + std::to_string(std::stoi(digits.substr(at, 4)));
    return text;
}

std::string printed(ParseResult verdict, const Numeric& value) {
    switch (verdict) {
        case ParseResult::wrong_type:
            return "wrong_type";
        case ParseResult::out_of_range:
            return "out_of_range";
        case ParseResult::ok:
            break;
    }
    return printed(value);
}

std::string read(std::string_view text, std::optional<NumericLimit> limit = std::nullopt) {
    Arena arena;
    Numeric value;
    const ParseResult verdict = read_numeric(text, limit, arena, value);
    return printed(verdict, value);
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

TEST_CASE("a number of up to 38 digits is held by value, a longer one in its binary form") {
    const auto is_wide = [](std::string_view text, std::optional<NumericLimit> limit = {}) {
        Arena arena;
        Numeric value;
        REQUIRE(read_numeric(text, limit, arena, value) == ParseResult::ok);
        return value.is_wide();
    };
    CHECK_FALSE(is_wide(std::string(38, '9')));
    CHECK(is_wide("1" + std::string(38, '0')));
    CHECK_FALSE(is_wide("0." + std::string(38, '9')));
    CHECK(is_wide("1." + std::string(38, '0')));
    CHECK_FALSE(is_wide("1e-308"));
    CHECK(is_wide("1e308"));
    CHECK_FALSE(is_wide("0e308"));
    CHECK(is_wide("5", NumericLimit{100, 60}));
    CHECK(read("5", NumericLimit{100, 60}) == "0|+|60|5");
    CHECK(read("-0.00000000000000000000000000000000000001") == "-10|-|38|100");
    CHECK(read("1e-40") == "-10|+|40|1");
}

TEST_CASE("the short way to read a number and the way for all numbers agree") {
    std::mt19937 random(1);
    const auto pick = [&random](int least, int most) {
        return std::uniform_int_distribution(least, most)(random);
    };
    const auto digits = [&](int count) {
        std::string text;
        while (count-- > 0)
            text += static_cast<char>('0' + (pick(0, 2) == 0 ? 9 * pick(0, 1) : pick(0, 9)));
        return text;
    };
    const std::optional<NumericLimit> limits[] = {
        std::nullopt,         NumericLimit{10, 2},  NumericLimit{5, 2},     NumericLimit{3, 0},
        NumericLimit{18, 18}, NumericLimit{2, 4},   NumericLimit{3, -2},    NumericLimit{19, 0},
        NumericLimit{38, 10}, NumericLimit{18, 17}, NumericLimit{1000, 999}};
    int read = 0;
    for (int i = 0; i < 100'000; ++i) {
        std::string text = (pick(0, 3) == 0 ? "-" : "") + digits(pick(0, 19));
        if (pick(0, 2) > 0) text += '.' + digits(pick(0, 12));
        if (pick(0, 20) == 0) text += "e1";
        const auto& limit = limits[pick(0, std::size(limits) - 1)];
        Numeric fast, any;
        const auto verdict = read_short_numeric(text, limit, fast);
        if (!verdict) continue;
        ++read;
        Arena arena;
        CAPTURE(text, limit ? limit->precision : 0, limit ? limit->scale : 0);
        const ParseResult expected = read_any_numeric(text, limit, arena, any);
        REQUIRE(printed(*verdict, fast) == printed(expected, any));
    }
    CHECK(read > 30'000);
}
