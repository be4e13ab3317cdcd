#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Sizes and times as people write them. nullopt: not one, or too large.
namespace tidewheel {

std::optional<std::size_t> parse_count(std::string_view text);  // 5000
// 512, 512k, 8MiB, 8MB: every unit is a power of 1024, as in PostgreSQL's own settings.
std::optional<std::size_t> parse_bytes(std::string_view text);
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);  // 20, 20ms, 5s, 2m

std::string print_bytes(std::size_t bytes);                  // 8MiB
std::string print_duration(std::chrono::milliseconds time);  // 20ms, 30s

}  // namespace tidewheel
