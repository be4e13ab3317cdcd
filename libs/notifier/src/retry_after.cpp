#include "retry_after.hpp"

#include <time.h>

#include <algorithm>
#include <charconv>

namespace tidewheel::notifier {

std::optional<std::chrono::milliseconds> retry_after(const std::string& value, std::int64_t now) {
    std::int64_t seconds = 0;
    const char* end = value.data() + value.size();
    if (const auto parsed = std::from_chars(value.data(), end, seconds);
        parsed.ec == std::errc() && parsed.ptr == end && seconds >= 0)
        return std::chrono::seconds(std::min<std::int64_t>(seconds, 86'400));
    tm date{};
    if (!strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date)) return std::nullopt;
    const std::int64_t wait = static_cast<std::int64_t>(timegm(&date)) - now;
    return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, 86'400));
}

}  // namespace tidewheel::notifier
