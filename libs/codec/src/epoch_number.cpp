#include "epoch_number.hpp"

#include <chrono>

#include "numeric_text.hpp"

namespace tidewheel::codec {
namespace {

using namespace std::chrono;

constexpr std::int64_t since_1970(int y) {
    return microseconds(sys_days(year(y) / January / 1).time_since_epoch()).count();
}
constexpr std::int64_t year_1 = since_1970(1), year_2000 = since_1970(2000),
                       year_10000 = since_1970(10000);

}  // namespace

ParseResult read_epoch(std::string_view text, engine::EpochUnit unit, engine::Arena& arena,
                       std::int64_t& microseconds) {
    constexpr int digits_of_microsecond = 6, digits_of_year_9999 = 18;
    // Rounded to so many digits the number is one of whole microseconds.
    const int scale = digits_of_microsecond - static_cast<int>(unit);
    engine::Numeric number;
    const ParseResult verdict =
        read_numeric(text, engine::NumericLimit{digits_of_year_9999, scale}, arena, number);
    if (verdict != ParseResult::ok) return verdict;
    engine::Numeric::Int128 exact = number.unscaled();
    for (int digit = scale; digit < 0; ++digit)
        exact /= 10;
    if (exact < year_1 || exact >= year_10000) return ParseResult::out_of_range;
    microseconds = static_cast<std::int64_t>(exact) - year_2000;
    return ParseResult::ok;
}

std::int32_t day_of(std::int64_t moment) {
    return static_cast<std::int32_t>(floor<days>(microseconds(moment)).count());
}

}  // namespace tidewheel::codec
