#include "avro_scalar.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>

#include "avro_decimal.hpp"
#include "tidewheel/codec/headers_json.hpp"

namespace tidewheel::codec {

using Shape = Value::Shape;

namespace {

using namespace std::chrono;

constexpr std::int64_t microseconds_per_day = 86'400'000'000;
constexpr std::int64_t first_day = sys_days(year(1) / January / 1).time_since_epoch().count();
constexpr std::int64_t last_day = sys_days(year(9999) / December / 31).time_since_epoch().count();

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0);
}

void append_whole(std::int64_t value, std::string& to, std::size_t width = 0) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    const auto size = static_cast<std::size_t>(end - digits.begin());
    if (size < width) to.append(width - size, '0');
    to.append(digits.begin(), size);
}

AvroVerdict set_number(std::string_view text, Value& value) {
    value = {Shape::number, text, text};
    return AvroVerdict::ok;
}

AvroVerdict set_string(std::string_view text, Value& value) {
    value = {Shape::string, text, {}};
    return AvroVerdict::ok;
}

void append_day(std::int64_t days_since_1970, std::string& to) {
    const year_month_day day(sys_days(days(static_cast<int>(days_since_1970))));
    append_whole(static_cast<int>(day.year()), to, 4);
    to += '-';
    append_whole(static_cast<unsigned>(day.month()), to, 2);
    to += '-';
    append_whole(static_cast<unsigned>(day.day()), to, 2);
}

// Milliseconds have three digits behind the point, all others six.
void append_clock(std::int64_t of_day, int digits, std::string& to) {
    const std::int64_t seconds = of_day / 1'000'000, fraction = of_day % 1'000'000;
    append_whole(seconds / 3600, to, 2);
    to += ':';
    append_whole(seconds / 60 % 60, to, 2);
    to += ':';
    append_whole(seconds % 60, to, 2);
    to += '.';
    digits == 3 ? append_whole(fraction / 1000, to, 3) : append_whole(fraction, to, 6);
}

AvroVerdict set_timestamp(const AvroSchema& schema, std::int64_t count, std::string& scratch,
                          Value& value) {
    std::int64_t moment = 0;
    if (!microseconds_of(count, schema.digits, moment)) return AvroVerdict::out_of_range;
    const std::int64_t day = floor_div(moment, microseconds_per_day);
    append_day(day, scratch);
    scratch += 'T';
    append_clock(moment - day * microseconds_per_day, schema.digits, scratch);
    if (schema.logical == AvroLogical::timestamp) scratch += 'Z';
    return set_string(scratch, value);
}

AvroVerdict set_time(const AvroSchema& schema, std::int64_t count, std::string& scratch,
                     Value& value) {
    const std::int64_t unit = schema.digits == 3 ? 1000 : 1;
    if (count < 0 || count >= microseconds_per_day / unit) return AvroVerdict::out_of_range;
    append_clock(count * unit, schema.digits, scratch);
    return set_string(scratch, value);
}

AvroVerdict set_whole(const AvroSchema& schema, std::int64_t count, std::string& scratch,
                      Value& value) {
    switch (schema.logical) {
        case AvroLogical::date:
            if (!is_day(count)) return AvroVerdict::out_of_range;
            append_day(count, scratch);
            return set_string(scratch, value);
        case AvroLogical::time:
            return set_time(schema, count, scratch, value);
        case AvroLogical::timestamp:
        case AvroLogical::local_timestamp:
            return set_timestamp(schema, count, scratch, value);
        default:
            append_whole(count, scratch);
            return set_number(scratch, value);
    }
}

// Most texts are of ASCII alone, of which eight are looked at together.
bool is_text_of(std::string_view bytes) {
    constexpr std::uint64_t each = 0x0101'0101'0101'0101, high = each << 7;
    std::size_t at = 0;
    for (std::uint64_t word = 0; at + sizeof word <= bytes.size(); at += sizeof word) {
        std::memcpy(&word, bytes.data() + at, sizeof word);
        // A high bit: beyond ASCII, or, since each is taken off, a NUL (or behind one).
        if (((word | (word - each)) & high) != 0) return is_text(bytes);
    }
    for (; at < bytes.size(); ++at)
        if (static_cast<signed char>(bytes[at]) <= 0) return is_text(bytes);
    return true;
}

AvroVerdict set_decimal(const AvroSchema& schema, std::string_view bytes, std::string& scratch,
                        Value& value) {
    if (!append_decimal(bytes, schema.digits, scratch)) return AvroVerdict::out_of_range;
    return set_number(scratch, value);
}

void append_hex(std::string_view bytes, std::string& to) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char byte : bytes) {
        to += digits[static_cast<std::uint8_t>(byte) >> 4];
        to += digits[static_cast<std::uint8_t>(byte) & 0xf];
    }
}

AvroVerdict set_uuid(std::string_view bytes, std::string& scratch, Value& value) {
    for (std::size_t begin = 0; const std::size_t size : {4, 2, 2, 2, 6}) {
        if (begin > 0) scratch += '-';
        append_hex(bytes.substr(begin, size), scratch);
        begin += size;
    }
    return set_string(scratch, value);
}

AvroVerdict set_duration(std::string_view bytes, std::string& scratch, Value& value) {
    const auto part = [&](std::size_t at) {
        return AvroInput::little_endian<std::uint32_t>(bytes.substr(at));
    };
    append_whole(part(0), scratch);
    scratch += " mons ";
    append_whole(part(4), scratch);
    scratch += " days ";
    append_whole(part(8) / 1000, scratch);
    scratch += '.';
    append_whole(part(8) % 1000, scratch, 3);
    scratch += " secs";
    return set_string(scratch, value);
}

AvroVerdict set_bytes(const AvroSchema& schema, std::string_view bytes, std::string& scratch,
                      Value& value) {
    switch (schema.logical) {
        case AvroLogical::decimal:
            return set_decimal(schema, bytes, scratch, value);
        case AvroLogical::uuid:
            return set_uuid(bytes, scratch, value);
        case AvroLogical::duration:
            return set_duration(bytes, scratch, value);
        default:
            scratch += "\\x";
            append_hex(bytes, scratch);
            return set_string(scratch, value);
    }
}

AvroVerdict set_double(double number, std::string& scratch, Value& value) {
    const std::string_view text = double_text(number, scratch);
    return std::isfinite(number) ? set_number(text, value) : set_string(text, value);
}

}  // namespace

bool microseconds_of(std::int64_t count, int digits, std::int64_t& microseconds) {
    const std::int64_t most = (last_day + 1) * microseconds_per_day;
    const std::int64_t least = first_day * microseconds_per_day;
    if (digits == 3) {
        if (count < least / 1000 || count >= most / 1000) return false;
        microseconds = count * 1000;
        return true;
    }
    microseconds = digits == 9
                       ? floor_div(count, 1000) + (count - floor_div(count, 1000) * 1000 >= 500)
                       : count;
    return microseconds >= least && microseconds < most;
}

bool is_day(std::int64_t days_since_1970) {
    return days_since_1970 >= first_day && days_since_1970 <= last_day;
}

std::string_view double_text(double number, std::string& scratch) {
    scratch.clear();
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
    std::array<char, 32> digits;
    scratch.assign(digits.begin(), std::to_chars(digits.begin(), digits.end(), number).ptr);
    if (scratch.find_first_of(".e") == std::string::npos) scratch += ".0";
    return scratch;
}

AvroVerdict take_scalar(const AvroSchema& schema, AvroInput& input, std::string& scratch,
                        Value& value) {
    std::int64_t whole = 0;
    double number = 0;
    bool truth = false;
    std::string_view bytes;
    scratch.clear();
    switch (schema.type) {
        case AvroType::null:
            value = {Shape::null, "null", "null"};
            return AvroVerdict::ok;
        case AvroType::boolean:
            if (!input.take_boolean(truth)) return AvroVerdict::broken;
            value = {Shape::boolean, truth ? "true" : "false", truth ? "true" : "false"};
            return AvroVerdict::ok;
        case AvroType::int32:
            if (!input.take_int(whole)) return AvroVerdict::broken;
            return set_whole(schema, whole, scratch, value);
        case AvroType::int64:
            if (!input.take_long(whole)) return AvroVerdict::broken;
            return set_whole(schema, whole, scratch, value);
        case AvroType::float32:
            if (!input.take_float(number)) return AvroVerdict::broken;
            return set_double(number, scratch, value);
        case AvroType::float64:
            if (!input.take_double(number)) return AvroVerdict::broken;
            return set_double(number, scratch, value);
        case AvroType::bytes:
            if (!input.take_sized(bytes)) return AvroVerdict::broken;
            return set_bytes(schema, bytes, scratch, value);
        case AvroType::fixed:
            if (!input.take(schema.size, bytes)) return AvroVerdict::broken;
            return set_bytes(schema, bytes, scratch, value);
        case AvroType::string:
            if (!input.take_sized(bytes)) return AvroVerdict::broken;
            if (!is_text_of(bytes)) return AvroVerdict::not_text;
            return set_string(bytes, value);
        case AvroType::enumeration: {
            if (!input.take_int(whole) || whole < 0 ||
                static_cast<std::size_t>(whole) >= schema.symbols.size())
                return AvroVerdict::broken;
            const std::string& symbol = schema.symbols[static_cast<std::size_t>(whole)];
            value = {Shape::string, std::string_view(symbol).substr(1, symbol.size() - 2), symbol};
            return AvroVerdict::ok;
        }
        default:
            break;
    }
    return AvroVerdict::broken;
}

}  // namespace tidewheel::codec
