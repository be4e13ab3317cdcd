#include "time_math.hpp"

#include <chrono>

namespace tidewheel::engine {
namespace {

using namespace std::chrono;

constexpr std::int64_t second_length = 1'000'000;
constexpr std::int64_t minute_length = 60 * second_length;
constexpr std::int64_t hour_length = 60 * minute_length;
constexpr std::int64_t day_length = 24 * hour_length;
constexpr sys_days epoch = sys_days(2000y / January / 1);
constexpr std::int64_t first_time = (sys_days(1y / January / 1) - epoch).count() * day_length;
constexpr std::int64_t end_time = (sys_days(10000y / January / 1) - epoch).count() * day_length;

bool is_usual(std::int64_t time) {
    return time >= first_time && time < end_time;
}

std::int64_t floor_to(std::int64_t time, std::int64_t length, std::int64_t origin = 0) {
    const std::int64_t rest = (time - origin) % length;
    return time - rest - (rest < 0 ? length : 0);
}

sys_days day_of(std::int64_t time) {
    return epoch + days(floor_to(time, day_length) / day_length);
}

std::int64_t start_of(year_month_day day) {
    return (sys_days(day) - epoch).count() * day_length;
}

// The last day of a month stands for those that it doesn't have.
sys_days plus_months(sys_days date, int count) {
    const year_month_day day(date);
    const year_month_day moved = day + months(count);
    return moved.ok() ? sys_days(moved) : sys_days(moved.year() / moved.month() / last);
}

std::int64_t length_of(const Interval& bins) {
    return bins.days * day_length + bins.microseconds;
}

unsigned first_month_of_quarter(month month) {
    return (static_cast<unsigned>(month) - 1) / 3 * 3 + 1;
}

}  // namespace

bool truncate(TruncationUnit unit, std::int64_t time, std::int64_t& truncated) {
    if (!is_usual(time)) return false;
    switch (unit) {
        case TruncationUnit::second:
            truncated = floor_to(time, second_length);
            return true;
        case TruncationUnit::minute:
            truncated = floor_to(time, minute_length);
            return true;
        case TruncationUnit::hour:
            truncated = floor_to(time, hour_length);
            return true;
        case TruncationUnit::day:
            truncated = floor_to(time, day_length);
            return true;
        case TruncationUnit::week:  // begins on Monday: 2000-01-03 was one
            truncated = floor_to(time, 7 * day_length, 2 * day_length);
            return true;
        case TruncationUnit::month: {
            const year_month_day day(day_of(time));
            truncated = start_of(day.year() / day.month() / 1);
            return true;
        }
        case TruncationUnit::quarter: {
            const year_month_day day(day_of(time));
            truncated = start_of(day.year() / month(first_month_of_quarter(day.month())) / 1);
            return true;
        }
        case TruncationUnit::year:
            truncated = start_of(year_month_day(day_of(time)).year() / January / 1);
            return true;
    }
    return false;
}

bool extract(ExtractionUnit unit, std::int64_t time, Numeric& field) {
    if (!is_usual(time)) return false;
    const auto whole = [&](std::int64_t value) {
        field = Numeric::of(value, 0, 0);
        return true;
    };
    const sys_days date = day_of(time);
    const year_month_day day(date);
    const std::int64_t of_day = time - floor_to(time, day_length);
    switch (unit) {
        case ExtractionUnit::second:
            field = Numeric::of(of_day % minute_length, 6, 6);
            return true;
        case ExtractionUnit::minute:
            return whole(of_day / minute_length % 60);
        case ExtractionUnit::hour:
            return whole(of_day / hour_length);
        case ExtractionUnit::day:
            return whole(static_cast<unsigned>(day.day()));
        case ExtractionUnit::month:
            return whole(static_cast<unsigned>(day.month()));
        case ExtractionUnit::quarter:
            return whole((static_cast<unsigned>(day.month()) + 2) / 3);
        case ExtractionUnit::year:
            return whole(static_cast<int>(day.year()));
        case ExtractionUnit::weekday:
            return whole(weekday(date).c_encoding());
        case ExtractionUnit::iso_weekday:
            return whole(weekday(date).iso_encoding());
        case ExtractionUnit::day_of_year:
            return whole((date - sys_days(day.year() / January / 1)).count() + 1);
        case ExtractionUnit::epoch: {
            constexpr std::int64_t since_1970 = epoch.time_since_epoch().count() * day_length;
            field = Numeric::of(time + since_1970, 6, 6);
            return true;
        }
    }
    return false;
}

Interval negated(const Interval& interval) {
    return {-interval.months, -interval.days, -interval.microseconds};
}

bool are_bins(const Interval& length) {
    return length.months == 0 && length_of(length) > 0;
}

// Months, days and the rest, in this order.
bool shift(const Interval& interval, std::int64_t time, std::int64_t& sum) {
    if (!is_usual(time)) return false;
    const std::int64_t day = floor_to(time, day_length);
    sum = time - day + (plus_months(day_of(time), interval.months) - epoch).count() * day_length;
    if (!is_usual(sum)) return false;
    sum += interval.days * day_length;
    if (!is_usual(sum)) return false;
    sum += interval.microseconds;
    return is_usual(sum);
}

// PostgreSQL's releases differ at the start of a bin before the origin.
bool bin(const Interval& length, std::int64_t time, std::int64_t origin, std::int64_t& start) {
    if (!is_usual(time) || !is_usual(origin)) return false;
    start = floor_to(time, length_of(length), origin);
    return is_usual(start) && (time >= origin || start != time);
}

bool date_of(std::int64_t time, std::int32_t& days) {
    if (!is_usual(time)) return false;
    days = static_cast<std::int32_t>(floor_to(time, day_length) / day_length);
    return true;
}

}  // namespace tidewheel::engine
