#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Structured logs: an event in plain words and its fields, as text or as one line of JSON.
// Thread-safe.
//   2026-11-21T14:02:11.125Z info  worker  batch committed  topic=store-events partition=3
//   rows=5000
namespace tidewheel::telemetry {

enum class Level { debug, info, warning, error };

struct Field {
    std::string_view name;
    std::string value;
    Field(std::string_view field, std::string text) : name(field), value(std::move(text)) {}
    Field(std::string_view field, std::string_view text) : name(field), value(text) {}
    Field(std::string_view field, const char* text) : name(field), value(text) {}
    template <class T>
    requires std::is_arithmetic_v<T> Field(std::string_view field, T number)
        : name(field), value(std::to_string(number)) {}
};

// Once, at the start of a program. level: debug, info, warning, error; format: text, json. To
// standard error.
void open_log(const std::string& service, const std::string& level, const std::string& format);
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {});
void log_warnings(const std::vector<std::string>& settings);  // warnings about the settings

}  // namespace tidewheel::telemetry
