#include "log_line.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "tidewheel/core/printable.hpp"

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

void append_control(std::string& out, char32_t code) {
    char escape[16];
    std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(code));
    out += escape;
}

// The escapes of JSON serve both formats. (Not `quoted`: std::quoted would answer for a
// std::string.)
std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const Character character = first_character(text);
        if (character.bytes == 0) {
            out += "\xEF\xBF\xBD";  // U+FFFD
        } else if (text[0] == '"' || text[0] == '\\') {
            out.append({'\\', text[0]});
        } else if (text[0] == '\n') {
            out += "\\n";
        } else if (is_control(character.code)) {
            append_control(out, character.code);
        } else {
            out += text.substr(0, character.bytes);
        }
        text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
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
