#pragma once
#include <chrono>
#include <optional>
#include <string>

namespace tidewheel::notifier {

// A Retry-After header: seconds, or a date (RFC 9110, section 10.2.3). nullopt: neither.
std::optional<std::chrono::milliseconds> retry_after(const std::string& value, std::int64_t now);

}  // namespace tidewheel::notifier
