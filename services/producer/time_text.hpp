#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tidewheel::producer {

using Micros = std::chrono::sys_time<std::chrono::microseconds>;

// 2026-11-21T14:02:11.125000Z: always UTC, always microseconds.
void append_time(Micros time, std::string& out);
std::string time_text(Micros time);

// YYYY-MM-DD, then optionally THH:MM, :SS, .ffffff (up to six digits) and Z. Without a zone it is
// UTC; other zones are refused.
std::optional<Micros> parse_time(std::string_view text);

// A whole number and its unit: ns, us, ms, s, m, h or d.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
std::string duration_text(std::chrono::nanoseconds duration);

}  // namespace tidewheel::producer
