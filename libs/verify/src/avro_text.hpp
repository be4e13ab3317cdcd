#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Values of Avro's logical types, as docs/reference/avro.md writes them. Slow and simple; nullopt:
// it can't be written.
namespace tidewheel::verify {

// `unit`: how many of them a second has. `suffix` follows the time.
std::optional<std::string> moment_text(std::int64_t count, std::int64_t unit,
                                       const std::string& suffix);
std::optional<std::string> clock_text(std::int64_t count, std::int64_t unit);
std::optional<std::string> day_text(std::int64_t days);
std::optional<std::string> decimal_text(std::string_view bytes, std::size_t scale);
std::string uuid_text(std::string_view bytes);
std::string duration_text(std::string_view bytes);
std::string number_text(double number);
// A string of JSON; nullopt: it is no text.
std::optional<std::string> json_string(std::string_view text);

}  // namespace tidewheel::verify
