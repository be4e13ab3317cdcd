#include "log_line.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace tidewheel::telemetry {
namespace {

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warn";
        case Level::error:
            break;
    }
    return "error";
}

// RFC 3339 in UTC, with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
    const std::time_t clock = std::chrono::system_clock::to_time_t(seconds);
    std::tm utc{};
    gmtime_r(&clock, &utc);
    char text[sizeof "2026-11-21T14:02:11"];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    char milliseconds[sizeof ".125Z"];
    std::snprintf(milliseconds, sizeof milliseconds, ".%03uZ",
                  static_cast<unsigned>(rest.count()) % 1000);
    return std::string(text) + milliseconds;
}

struct Range {
    unsigned char least, most;
    bool holds(char c) const {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= least && byte <= most;
    }
};

// The bytes of the UTF-8 character at the front; 0 when it is none. Unicode 15, table 3-7.
std::size_t character_size(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    Range second{0x80, 0xBF};
    if (lead == 0xE0) second.least = 0xA0;  // overlong
    if (lead == 0xED) second.most = 0x9F;   // surrogates
    if (lead == 0xF0) second.least = 0x90;  // overlong
    if (lead == 0xF4) second.most = 0x8F;   // beyond U+10FFFF
    if (text.size() < size || !second.holds(text[1])) return 0;
    const auto is_tail = [](char c) { return Range{0x80, 0xBF}.holds(c); };
    return std::ranges::all_of(text.substr(2, size - 2), is_tail) ? size : 0;
}

void append_control(std::string& out, char c) {
    char escape[sizeof "\\u0000"];
    std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
    out += escape;
}

// The escapes of JSON serve both formats. (Not `quoted`: std::quoted would answer for a
// std::string.)
std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        const char first = text[0];
        if (size == 0) {
            out += "\xEF\xBF\xBD";  // U+FFFD
        } else if (first == '"' || first == '\\') {
            out.append({'\\', first});
        } else if (first == '\n') {
            out += "\\n";
        } else if (size == 1 && (first < 0x20 || first == 0x7F)) {
            append_control(out, first);
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out + "\"";
}

bool is_plain(char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
}

}  // namespace

std::string as_text(const LogLine& line) {
    std::string out = timestamp(line.time);
    out.append(" ").append(name_of(line.level));
    out.resize(sizeof "2026-11-21T14:02:11.125Z error" - 1, ' ');
    std::string event = in_quotes(line.event);
    out.append(" ").append(line.service).append("  ").append(event, 1, event.size() - 2);
    std::string_view gap = "  ";
    for (const Field& field : line.fields) {
        const bool plain = !field.value.empty() && std::ranges::all_of(field.value, is_plain);
        out.append(gap).append(field.name).append("=");
        out += plain ? field.value : in_quotes(field.value);
        gap = " ";
    }
    return out;
}

std::string as_json(const LogLine& line) {
    std::string out = "{\"time\":\"" + timestamp(line.time) + "\",\"level\":\"";
    out.append(name_of(line.level)).append("\",\"service\":").append(in_quotes(line.service));
    out.append(",\"event\":").append(in_quotes(line.event));
    for (const Field& field : line.fields) {
        out.append(",").append(in_quotes(field.name)).append(":").append(in_quotes(field.value));
    }
    return out + "}";
}

}  // namespace tidewheel::telemetry
