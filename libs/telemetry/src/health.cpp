#include "tidewheel/telemetry/health.hpp"

namespace tidewheel::telemetry {

void Health::well(const std::string& part) {
    forget(part);
}

void Health::lacking(const std::string& part, const std::string& what) {
    const std::lock_guard lock(mutex_);
    lacking_[part] = what;
}

void Health::forget(const std::string& part) {
    const std::lock_guard lock(mutex_);
    lacking_.erase(part);
}

std::optional<std::string> Health::trouble() const {
    const std::lock_guard lock(mutex_);
    if (lacking_.empty()) return std::nullopt;
    std::string lines;
    for (const auto& [part, what] : lacking_)
        lines += part + ": " + what + "\n";
    return lines;
}

}  // namespace tidewheel::telemetry
