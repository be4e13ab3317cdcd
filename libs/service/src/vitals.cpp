#include "tidewheel/service/vitals.hpp"

#include <algorithm>
#include <utility>

namespace tidewheel::service {

Vitals::Vitals(const Settings& settings, telemetry::Metrics& metrics, std::string calls)
    : calls_(std::move(calls)),
      stall_after_(settings.stall_after),
      metrics_(metrics),
      watchdog_(seen_at_, std::max(3 * stall_after_, std::chrono::milliseconds(30000))) {}

std::optional<std::string> Vitals::not_ready() const {
    if (Clock::system().now() - seen_at_.load() > stall_after_)
        return "service: stuck, most likely in a call to " + calls_;
    auto reasons = health_.not_ready();
    if (!reasons && !has_begun_) reasons = "service: has not begun";
    return reasons;
}

}  // namespace tidewheel::service
