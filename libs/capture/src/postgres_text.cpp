#include "postgres_text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::capture {
namespace {

[[noreturn]] void refuse(std::string_view text, const char* type) {
    throw Error(Error::Kind::refused, "'" + std::string(text) + "' is not a " + type);
}

// Reads a text from the front.
class Reader {
  public:
    Reader(std::string_view text, const char* type) : whole_(text), rest_(text), type_(type) {}

    std::int64_t number() {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc() || value < 0) refuse(whole_, type_);
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }
    bool skip(std::string_view what) {
        if (!rest_.starts_with(what)) return false;
        rest_.remove_prefix(what.size());
        return true;
    }
    void need(std::string_view what) {
        if (!skip(what)) refuse(whole_, type_);
    }
    // Digits behind a point, as millionths.
    std::int64_t micros() {
        std::int64_t value = 0;
        for (int digits = 0; digits < 6; ++digits) {
            value *= 10;
            if (rest_.empty() || !std::isdigit(static_cast<unsigned char>(rest_.front()))) continue;
            value += rest_.front() - '0';
            rest_.remove_prefix(1);
        }
        return value;
    }
    bool at_end() const { return rest_.empty(); }
    [[noreturn]] void refuse_all() const { refuse(whole_, type_); }

  private:
    std::string_view whole_, rest_;
    const char* type_;
};

// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil. The
// years of std::chrono end before PostgreSQL's.
std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct Date {
    std::int64_t year, month, day;
    std::int64_t days(bool before_christ) const {
        return days_since_1970(before_christ ? 1 - year : year, month, day);
    }
};

Date read_date(Reader& reader) {
    Date date{};
    date.year = reader.number();
    reader.need("-");
    date.month = reader.number();
    reader.need("-");
    date.day = reader.number();
    return date;
}

std::int64_t read_clock(Reader& reader) {  // 10:04 or 10:04:19, in seconds
    std::int64_t seconds = reader.number() * 3600;
    if (reader.skip(":")) seconds += reader.number() * 60;
    if (reader.skip(":")) seconds += reader.number();
    return seconds;
}

// magnitude * 10 + digit, big-endian.
void append_digit(std::string& magnitude, int digit) {
    int carry = digit;
    for (auto byte = magnitude.rbegin(); byte != magnitude.rend(); ++byte) {
        const int sum = static_cast<unsigned char>(*byte) * 10 + carry;
        *byte = static_cast<char>(sum & 0xff);
        carry = sum >> 8;
    }
    if (carry > 0) magnitude.insert(magnitude.begin(), static_cast<char>(carry));
}

void negate(std::string& number) {
    int carry = 1;
    for (auto byte = number.rbegin(); byte != number.rend(); ++byte) {
        const int sum = (~static_cast<unsigned char>(*byte) & 0xff) + carry;
        *byte = static_cast<char>(sum & 0xff);
        carry = sum >> 8;
    }
}

}  // namespace

std::int64_t timestamp_micros(std::string_view text) {
    if (text == "infinity") return std::numeric_limits<std::int64_t>::max();
    if (text == "-infinity") return std::numeric_limits<std::int64_t>::min();
    Reader reader(text, "timestamp");
    const Date date = read_date(reader);
    reader.need(" ");
    std::int64_t seconds = read_clock(reader);
    const std::int64_t micros = reader.skip(".") ? reader.micros() : 0;
    if (reader.skip("+"))
        seconds -= read_clock(reader);
    else if (reader.skip("-"))
        seconds += read_clock(reader);
    const bool before_christ = reader.skip(" BC");
    if (!reader.at_end()) reader.refuse_all();
    seconds += date.days(before_christ) * 86400;
    constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();  // in the year 294247
    return seconds < last / 1'000'000 ? seconds * 1'000'000 + micros : last;
}

std::int32_t date_days(std::string_view text) {
    if (text == "infinity") return std::numeric_limits<std::int32_t>::max();
    if (text == "-infinity") return std::numeric_limits<std::int32_t>::min();
    Reader reader(text, "date");
    const Date date = read_date(reader);
    const bool before_christ = reader.skip(" BC");
    if (!reader.at_end()) reader.refuse_all();
    return static_cast<std::int32_t>(date.days(before_christ));
}

std::string bytea_bytes(std::string_view text) {
    if (!text.starts_with("\\x")) refuse(text.substr(0, 20), "bytea in hexadecimal form");
    return from_hex(text.substr(2));
}

std::string decimal_bytes(std::string_view text, int scale) {
    Reader reader(text, "number");
    const bool negative = reader.skip("-");
    std::string magnitude(1, '\0');
    int after_point = 0;
    bool behind = false;
    for (const char c : text.substr(negative ? 1 : 0)) {
        if (c == '.' && !behind) {
            behind = true;
            continue;
        }
        if (!std::isdigit(static_cast<unsigned char>(c))) reader.refuse_all();
        append_digit(magnitude, c - '0');
        after_point += behind ? 1 : 0;
    }
    for (; after_point < scale; ++after_point)
        append_digit(magnitude, 0);
    if (after_point > scale) reader.refuse_all();
    if (static_cast<unsigned char>(magnitude.front()) & 0x80) magnitude.insert(0, 1, '\0');
    if (negative) negate(magnitude);
    return magnitude;
}

}  // namespace tidewheel::capture
