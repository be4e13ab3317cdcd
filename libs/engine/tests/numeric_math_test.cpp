#include "tidewheel/engine/numeric_math.hpp"

#include <string>

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::engine;

namespace {

Numeric number(long long unscaled, int scale) {
    return Numeric::of(unscaled, scale, scale);
}

// The value with all digits that are shown, as PostgreSQL prints it.
std::string text(const Numeric& value) {
    Numeric::Int128 unscaled = value.unscaled();
    for (int i = value.scale; i < value.shown; ++i)
        unscaled *= 10;
    const bool is_negative = unscaled < 0;
    if (is_negative) unscaled = -unscaled;
    std::string backwards;
    for (int i = 0; unscaled != 0 || i <= value.shown; unscaled /= 10, ++i) {
        if (i == value.shown && i > 0) backwards += '.';
        backwards += static_cast<char>('0' + static_cast<int>(unscaled % 10));
    }
    if (is_negative) backwards += '-';
    return {backwards.rbegin(), backwards.rend()};
}

template <class Operation>
std::string result(Operation operation, const Numeric& a, const Numeric& b) {
    Numeric to;
    return operation(a, b, to) ? text(to) : "declined";
}

}  // namespace

// The expected texts are PostgreSQL's.
TEST_CASE("sums, products and quotients of numeric show the digits that PostgreSQL shows") {
    CHECK(result(add, number(150, 2), number(25, 1)) == "4.00");
    CHECK(result(subtract, number(1, 0), number(100, 2)) == "0.00");
    CHECK(result(multiply, number(150, 2), number(-25, 1)) == "-3.750");
    CHECK(result(divide, number(1, 0), number(3, 0)) == "0.33333333333333333333");
    CHECK(result(divide, number(150, 2), number(100, 0)) == "0.01500000000000000000");
    CHECK(result(divide, number(2000000, 0), number(-3, 0)) == "-666666.666666666667");
    CHECK(result(divide, number(10000, 0), number(1, 0)) == "10000.0000000000000000");
    CHECK(result(modulo, number(-75, 1), number(2, 0)) == "-1.5");
    CHECK(result(divide, number(1, 0), number(0, 0)) == "declined");
    CHECK(result(modulo, number(1, 0), number(0, 0)) == "declined");
}

TEST_CASE("numeric is rounded half away from zero, down, and to tens") {
    const auto rounded = [](const Numeric& a, int scale, Rounding rounding) {
        Numeric to;
        REQUIRE(round_to(a, scale, rounding, to));
        return text(to);
    };
    CHECK(rounded(number(25, 1), 0, Rounding::half_away) == "3");
    CHECK(rounded(number(-25, 1), 0, Rounding::half_away) == "-3");
    CHECK(rounded(number(-25, 1), 0, Rounding::down) == "-2");
    CHECK(rounded(number(-25, 1), 0, Rounding::floor) == "-3");
    CHECK(rounded(number(21, 1), 0, Rounding::ceiling) == "3");
    CHECK(rounded(number(150, 0), -2, Rounding::half_away) == "200");
    CHECK(rounded(number(15, 1), 3, Rounding::half_away) == "1.500");
}

TEST_CASE("what needs more than 38 digits is declined") {
    const Numeric large = Numeric::of(Numeric::Int128{1} << 126, 0, 0);
    Numeric to;
    int order = 0;
    CHECK_FALSE(add(large, large, to));
    CHECK_FALSE(multiply(large, number(10, 0), to));
    CHECK_FALSE(compare(large, number(1, 2), order));
    CHECK_FALSE(fit(number(123456, 2), 5, 2, to));
    CHECK_FALSE(add(Numeric::of_wire("wide"), number(1, 0), to));
    std::int64_t whole = 0;
    CHECK_FALSE(to_integer(large, whole));
    CHECK(to_integer(number(-25, 1), whole));
    CHECK(whole == -3);
}

TEST_CASE("numeric becomes a double by one rounding") {
    double value = 0;
    CHECK(to_double(number(1, 1), value));
    CHECK(value == 0.1);
    CHECK(to_double(number(-123456789, 4), value));
    CHECK(value == -12345.6789);
}
