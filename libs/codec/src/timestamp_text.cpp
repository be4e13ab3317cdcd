#include "timestamp_text.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "number_text.hpp"

namespace tidewheel::codec {
namespace {

constexpr std::int64_t microseconds_per_second = 1'000'000;
constexpr std::int64_t microseconds_per_day = 86'400 * microseconds_per_second;

// Takes the parts of a text off its front, one after the other.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
    bool next_is_digit() const { return !at_end() && rest_[0] >= '0' && rest_[0] <= '9'; }
    char peek(std::size_t ahead = 0) const { return ahead < rest_.size() ? rest_[ahead] : '\0'; }
    bool take(char c) {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `count` digits.
    bool digits(int count, int& value) {
        value = 0;
        for (; count > 0; --count) {
            if (!next_is_digit()) return false;
            value = value * 10 + (rest_[0] - '0');
            rest_.remove_prefix(1);
        }
        return true;
    }
    // The digits of a fraction, and the point before them.
    std::string_view fraction() {
        std::size_t length = 1;
        while (length < rest_.size() && rest_[length] >= '0' && rest_[length] <= '9')
            ++length;
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

  private:
    std::string_view rest_;
};

struct Moment {
    std::int32_t days = 0;          // since 2000-01-01
    std::int64_t microseconds = 0;  // since midnight
    int zone = 0;                   // seconds east of Greenwich
};

Verdict take_date(Cursor& cursor, std::int32_t& days) {
    using namespace std::chrono;
    int y = 0, m = 0, d = 0;
    if (!cursor.digits(4, y) || !cursor.take('-') || !cursor.digits(2, m) || !cursor.take('-') ||
        !cursor.digits(2, d))
        return Verdict::wrong_type;
    const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                              day(static_cast<unsigned>(d))};
    if (y == 0 || !date.ok()) return Verdict::out_of_range;
    constexpr sys_days epoch{year(2000) / January / 1};
    days = static_cast<std::int32_t>((sys_days(date) - epoch).count());
    return Verdict::ok;
}

// Up to six digits are exact. More are rounded as PostgreSQL does it (ParseFractionalSecond),
// through a double, so that the last microsecond is the same.
std::int64_t microseconds_of(std::string_view fraction) {
    if (fraction.size() <= 7) {
        std::int64_t value = 0;
        for (std::size_t i = 1; i < 7; ++i)
            value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
        return value;
    }
    double value = 0;
    std::from_chars(fraction.data(), fraction.data() + fraction.size(), value);
    return static_cast<std::int64_t>(std::rint(value * 1e6));
}

Verdict take_time(Cursor& cursor, std::int64_t& microseconds) {
    int hour = 0, minute = 0, second = 0;
    if (!cursor.digits(2, hour) || !cursor.take(':') || !cursor.digits(2, minute))
        return Verdict::wrong_type;
    std::int64_t fraction = 0;
    if (cursor.take(':')) {
        if (!cursor.digits(2, second)) return Verdict::wrong_type;
        if (cursor.peek() == '.') fraction = microseconds_of(cursor.fraction());
    }
    if (hour > 24 || minute > 59 || second > 60) return Verdict::out_of_range;
    if (hour == 24 || second == 60) return Verdict::wrong_type;
    microseconds = (hour * 3600 + minute * 60 + second) * microseconds_per_second + fraction;
    return Verdict::ok;
}

Verdict take_zone(Cursor& cursor, int& seconds_east) {
    if (cursor.take('Z') || cursor.take('z')) return Verdict::ok;
    const bool west = cursor.peek() == '-';
    if (!cursor.take('+') && !cursor.take('-')) return Verdict::wrong_type;
    int hours = 0, minutes = 0, seconds = 0;
    if (!cursor.digits(2, hours)) return Verdict::wrong_type;
    if (cursor.take(':')) {
        if (!cursor.digits(2, minutes)) return Verdict::wrong_type;
        if (cursor.take(':') && !cursor.digits(2, seconds)) return Verdict::wrong_type;
    } else if (cursor.next_is_digit() && !cursor.digits(2, minutes)) {
        return Verdict::wrong_type;
    }
    if (hours > 15 || minutes > 59 || seconds > 59) return Verdict::out_of_range;
    seconds_east = (hours * 3600 + minutes * 60 + seconds) * (west ? -1 : 1);
    return Verdict::ok;
}

// What may follow a time: nothing, or a zone.
Verdict take_end(Cursor& cursor, int& seconds_east) {
    if (cursor.at_end()) return Verdict::ok;
    cursor.take(' ');
    const Verdict verdict = take_zone(cursor, seconds_east);
    if (verdict != Verdict::ok) return verdict;
    return cursor.at_end() ? Verdict::ok : Verdict::wrong_type;
}

bool take_separator(Cursor& cursor) {
    return cursor.take('T') || cursor.take(' ') || cursor.take('t');
}

Verdict read_moment(std::string_view text, Moment& moment) {
    Cursor cursor(without_spaces(text));
    Verdict verdict = take_date(cursor, moment.days);
    if (verdict != Verdict::ok || cursor.at_end()) return verdict;
    if (!take_separator(cursor)) return Verdict::wrong_type;
    verdict = take_time(cursor, moment.microseconds);
    return verdict == Verdict::ok ? take_end(cursor, moment.zone) : verdict;
}

}  // namespace

std::int64_t round_to_typmod(std::int64_t microseconds, int typmod) {
    constexpr std::array<std::int64_t, 6> units = {1'000'000, 100'000, 10'000, 1'000, 100, 10};
    if (typmod < 0 || typmod >= static_cast<int>(units.size())) return microseconds;
    const std::int64_t unit = units[static_cast<std::size_t>(typmod)];
    const std::int64_t half = microseconds >= 0 ? unit / 2 : -unit / 2;
    return (microseconds + half) / unit * unit;
}

Verdict read_timestamptz(std::string_view text, int typmod, std::int64_t& microseconds) {
    Moment moment;
    const Verdict verdict = read_moment(text, moment);
    microseconds = round_to_typmod(moment.days * microseconds_per_day + moment.microseconds -
                                       moment.zone * microseconds_per_second,
                                   typmod);
    return verdict;
}

Verdict read_timestamp(std::string_view text, int typmod, std::int64_t& microseconds) {
    Moment moment;
    const Verdict verdict = read_moment(text, moment);
    microseconds =
        round_to_typmod(moment.days * microseconds_per_day + moment.microseconds, typmod);
    return verdict;
}

Verdict read_date(std::string_view text, std::int32_t& days) {
    Moment moment;
    const Verdict verdict = read_moment(text, moment);
    days = moment.days;
    return verdict;
}

Verdict read_time(std::string_view text, int typmod, std::int64_t& microseconds) {
    Moment moment;
    Cursor cursor(without_spaces(text));
    if (cursor.peek(2) != ':') {
        const Verdict date = take_date(cursor, moment.days);
        if (date != Verdict::ok) return date;
        if (!take_separator(cursor)) return Verdict::wrong_type;
    }
    const Verdict time = take_time(cursor, moment.microseconds);
    microseconds = round_to_typmod(moment.microseconds, typmod);
    return time == Verdict::ok ? take_end(cursor, moment.zone) : time;
}

}  // namespace tidewheel::codec
