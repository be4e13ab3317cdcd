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

// False: there is no such day.
bool find_day(int y, int m, int d, std::int32_t& days) {
    using namespace std::chrono;
    const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                              day(static_cast<unsigned>(d))};
    if (y == 0 || !date.ok()) return false;
    constexpr sys_days epoch{year(2000) / January / 1};
    days = static_cast<std::int32_t>((sys_days(date) - epoch).count());
    return true;
}

ParseResult take_date(Cursor& cursor, std::int32_t& days) {
    int y = 0, m = 0, d = 0;
    if (!cursor.digits(4, y) || !cursor.take('-') || !cursor.digits(2, m) || !cursor.take('-') ||
        !cursor.digits(2, d))
        return ParseResult::wrong_type;
    return find_day(y, m, d, days) ? ParseResult::ok : ParseResult::out_of_range;
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

ParseResult take_time(Cursor& cursor, std::int64_t& microseconds) {
    int hour = 0, minute = 0, second = 0;
    if (!cursor.digits(2, hour) || !cursor.take(':') || !cursor.digits(2, minute))
        return ParseResult::wrong_type;
    std::int64_t fraction = 0;
    if (cursor.take(':')) {
        if (!cursor.digits(2, second)) return ParseResult::wrong_type;
        if (cursor.peek() == '.') fraction = microseconds_of(cursor.fraction());
    }
    if (hour > 24 || minute > 59 || second > 60) return ParseResult::out_of_range;
    if (hour == 24 || second == 60) return ParseResult::wrong_type;
    microseconds = (hour * 3600 + minute * 60 + second) * microseconds_per_second + fraction;
    return ParseResult::ok;
}

ParseResult take_zone(Cursor& cursor, int& seconds_east) {
    if (cursor.take('Z') || cursor.take('z')) return ParseResult::ok;
    const bool west = cursor.peek() == '-';
    if (!cursor.take('+') && !cursor.take('-')) return ParseResult::wrong_type;
    int hours = 0, minutes = 0, seconds = 0;
    if (!cursor.digits(2, hours)) return ParseResult::wrong_type;
    if (cursor.take(':')) {
        if (!cursor.digits(2, minutes)) return ParseResult::wrong_type;
        if (cursor.take(':') && !cursor.digits(2, seconds)) return ParseResult::wrong_type;
    } else if (cursor.next_is_digit() && !cursor.digits(2, minutes)) {
        return ParseResult::wrong_type;
    }
    if (hours > 15 || minutes > 59 || seconds > 59) return ParseResult::out_of_range;
    seconds_east = (hours * 3600 + minutes * 60 + seconds) * (west ? -1 : 1);
    return ParseResult::ok;
}

// What may follow a time: nothing, or a zone.
ParseResult take_end(Cursor& cursor, int& seconds_east) {
    if (cursor.at_end()) return ParseResult::ok;
    cursor.take(' ');
    const ParseResult verdict = take_zone(cursor, seconds_east);
    if (verdict != ParseResult::ok) return verdict;
    return cursor.at_end() ? ParseResult::ok : ParseResult::wrong_type;
}

bool take_separator(Cursor& cursor) {
    return cursor.take('T') || cursor.take(' ') || cursor.take('t');
}

// Digits at fixed places of a text.
class FixedDigits {
  public:
    explicit FixedDigits(std::string_view text) : text_(text) {}
    int two(std::size_t at) { return one(at) * 10 + one(at + 1); }
    int one(std::size_t at) {
        const int digit = text_[at] - '0';
        all_are_digits_ &= digit >= 0 && digit <= 9;
        return digit;
    }
    bool all_are_digits() const { return all_are_digits_; }

  private:
    std::string_view text_;
    bool all_are_digits_ = true;
};

// The length of ".ffffff", of one to six digits; 0 when there is none, or not such a one.
std::size_t usual_fraction(std::string_view text, std::int64_t& microseconds) {
    if (!text.starts_with('.')) return 0;
    std::size_t length = 1;
    std::int64_t unit = microseconds_per_second;
    for (; length < text.size() && text[length] >= '0' && text[length] <= '9' && unit > 1;
         ++length) {
        unit /= 10;
        microseconds += (text[length] - '0') * unit;
    }
    return length == 1 ? 0 : length;
}

// Nothing, Z, or ±HH:MM.
bool read_usual_zone(std::string_view text, int& seconds_east) {
    if (text.empty() || text == "Z") return true;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
    FixedDigits digits(text);
    const int hours = digits.two(1), minutes = digits.two(4);
    seconds_east = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
    return digits.all_are_digits() && hours <= 15 && minutes <= 59;
}

}  // namespace

bool read_usual_moment(std::string_view text, Moment& moment) {
    constexpr std::size_t length = 19;  // YYYY-MM-DDTHH:MM:SS
    if (text.size() < length || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':')
        return false;
    FixedDigits digits(text);
    const int year = digits.two(0) * 100 + digits.two(2);
    const int month = digits.two(5), day = digits.two(8);
    const int hour = digits.two(11), minute = digits.two(14), second = digits.two(17);
    if (!digits.all_are_digits() || hour > 23 || minute > 59 || second > 59) return false;
    moment.microseconds = (hour * 3600 + minute * 60 + second) * microseconds_per_second;
    text.remove_prefix(length);
    text.remove_prefix(usual_fraction(text, moment.microseconds));
    return find_day(year, month, day, moment.days) && read_usual_zone(text, moment.zone);
}

ParseResult read_any_moment(std::string_view text, Moment& moment) {
    Cursor cursor(without_spaces(text));
    ParseResult verdict = take_date(cursor, moment.days);
    if (verdict != ParseResult::ok || cursor.at_end()) return verdict;
    if (!take_separator(cursor)) return ParseResult::wrong_type;
    verdict = take_time(cursor, moment.microseconds);
    return verdict == ParseResult::ok ? take_end(cursor, moment.zone) : verdict;
}

static ParseResult read_moment(std::string_view text, Moment& moment) {
    if (read_usual_moment(text, moment)) return ParseResult::ok;
    moment = {};
    return read_any_moment(text, moment);
}

std::int64_t round_to_typmod(std::int64_t microseconds, int typmod) {
    constexpr std::array<std::int64_t, 6> units = {1'000'000, 100'000, 10'000, 1'000, 100, 10};
    if (typmod < 0 || typmod >= static_cast<int>(units.size())) return microseconds;
    const std::int64_t unit = units[static_cast<std::size_t>(typmod)];
    const std::int64_t half = microseconds >= 0 ? unit / 2 : -unit / 2;
    return (microseconds + half) / unit * unit;
}

ParseResult read_timestamptz(std::string_view text, int typmod, std::int64_t& microseconds) {
    Moment moment;
    const ParseResult verdict = read_moment(text, moment);
    microseconds = round_to_typmod(moment.days * microseconds_per_day + moment.microseconds -
                                       moment.zone * microseconds_per_second,
                                   typmod);
    return verdict;
}

ParseResult read_timestamp(std::string_view text, int typmod, std::int64_t& microseconds) {
    Moment moment;
    const ParseResult verdict = read_moment(text, moment);
    microseconds =
        round_to_typmod(moment.days * microseconds_per_day + moment.microseconds, typmod);
    return verdict;
}

ParseResult read_date(std::string_view text, std::int32_t& days) {
    Moment moment;
    const ParseResult verdict = read_moment(text, moment);
    days = moment.days;
    return verdict;
}

ParseResult read_time(std::string_view text, int typmod, std::int64_t& microseconds) {
    Moment moment;
    Cursor cursor(without_spaces(text));
    if (cursor.peek(2) != ':') {
        const ParseResult date = take_date(cursor, moment.days);
        if (date != ParseResult::ok) return date;
        if (!cursor.take(' ')) return ParseResult::wrong_type;  // as time_in: no T behind a date
    }
    const ParseResult time = take_time(cursor, moment.microseconds);
    microseconds = round_to_typmod(moment.microseconds, typmod);
    return time == ParseResult::ok ? take_end(cursor, moment.zone) : time;
}

}  // namespace tidewheel::codec
