#pragma once
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>

#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::telemetry {

// One message. It becomes one line of valid UTF-8, whatever its bytes are: fields may hold what
// others sent.
struct LogLine {
    std::chrono::system_clock::time_point time;
    Level level;
    std::string_view service;
    std::string_view event;
    std::initializer_list<Field> fields;  // borrowed: render before the caller's list dies
};

std::string as_text(const LogLine& line);
std::string as_json(const LogLine& line);

}  // namespace tidewheel::telemetry
