#include "producer/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

namespace tidewheel::producer {
namespace {

using std::chrono::nanoseconds;

char* put_digits(char* at, std::uint64_t value, int width) {
    for (int i = width - 1; i >= 0; --i, value /= 10)
        at[i] = static_cast<char>('0' + value % 10);
    return at + width;
}

// Takes what it recognises off the front of a text.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }
    bool take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `width` digits; -1 when they are not there.
    int digits(std::size_t width) {
        if (rest_.size() < width) return -1;
        const std::string_view text = rest_.substr(0, width);
        if (!std::all_of(text.begin(), text.end(), is_digit)) return -1;
        int value = 0;
        std::from_chars(text.data(), text.data() + width, value);
        rest_.remove_prefix(width);
        return value;
    }
    // One to six digits after the point, as microseconds; -1 when there are none or more.
    int fraction() {
        const auto width = static_cast<std::size_t>(
            std::find_if_not(rest_.begin(), rest_.end(), is_digit) - rest_.begin());
        if (width == 0 || width > 6) return -1;
        int value = digits(width);
        for (std::size_t i = width; i < 6; ++i)
            value *= 10;
        return value;
    }

  private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    std::string_view rest_;
};

struct TimeOfDay {
    int hour = 0, minute = 0, second = 0, microsecond = 0;

    bool valid() const {
        return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 &&
               microsecond >= 0;
    }
    std::chrono::microseconds since_midnight() const {
        return std::chrono::hours(hour) + std::chrono::minutes(minute) +
               std::chrono::seconds(second) + std::chrono::microseconds(microsecond);
    }
};

TimeOfDay scan_time_of_day(Scanner& in) {
    TimeOfDay time;
    time.hour = in.digits(2);
    time.minute = in.take(':') ? in.digits(2) : -1;
    if (!in.take(':')) return time;
    time.second = in.digits(2);
    if (in.take('.')) time.microsecond = in.fraction();
    return time;
}

constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> units{{
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
}};

}  // namespace

void append_time(Micros time, std::string& out) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const auto micros = static_cast<std::uint64_t>((time - day).count());
    const std::uint64_t seconds = micros / 1'000'000;

    char text[] = "0000-00-00T00:00:00.000000Z";
    char* at = put_digits(text, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    at = put_digits(at + 1, static_cast<unsigned>(date.month()), 2);
    at = put_digits(at + 1, static_cast<unsigned>(date.day()), 2);
    at = put_digits(at + 1, seconds / 3600, 2);
    at = put_digits(at + 1, seconds / 60 % 60, 2);
    at = put_digits(at + 1, seconds % 60, 2);
    put_digits(at + 1, micros % 1'000'000, 6);
    out.append(text, sizeof(text) - 1);
}

std::string time_text(Micros time) {
    std::string text;
    append_time(time, text);
    return text;
}

std::optional<Micros> parse_time(std::string_view text) {
    Scanner in(text);
    const int year = in.digits(4);
    const int month = in.take('-') ? in.digits(2) : -1;
    const int day = in.take('-') ? in.digits(2) : -1;
    if (year < 0 || month < 0 || day < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    TimeOfDay time;
    if (in.take('T') || in.take(' ')) time = scan_time_of_day(in);
    in.take('Z');
    if (!in.done() || !date.ok() || !time.valid()) return std::nullopt;
    return std::chrono::sys_days(date) + time.since_midnight();
}

std::optional<nanoseconds> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    for (const auto& [name, scale] : units) {
        if (unit != name) continue;
        if (number > std::numeric_limits<std::int64_t>::max() / scale) return std::nullopt;
        return nanoseconds(number * scale);
    }
    return std::nullopt;
}

std::string duration_text(nanoseconds duration) {
    for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
        const auto& [name, scale] = *unit;
        if (duration.count() != 0 && duration.count() % scale == 0)
            return std::to_string(duration.count() / scale) + std::string(name);
    }
    return "0s";
}

}  // namespace tidewheel::producer
