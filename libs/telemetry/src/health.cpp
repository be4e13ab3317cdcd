#include "tidewheel/telemetry/health.hpp"

namespace tidewheel::telemetry {

void Health::set_healthy(const std::string& part) {
    forget(part);
}

void Health::set_degraded(const std::string& part, const std::string& what) {
    const std::lock_guard lock(mutex_);
    degraded_[part] = what;
}

void Health::forget(const std::string& part) {
    const std::lock_guard lock(mutex_);
    degraded_.erase(part);
}

std::optional<std::string> Health::not_ready() const {
    const std::lock_guard lock(mutex_);
    if (degraded_.empty()) return std::nullopt;
    std::string lines;
    for (const auto& [part, what] : degraded_)
        lines += part + ": " + what + "\n";
    return lines;
}

}  // namespace tidewheel::telemetry
