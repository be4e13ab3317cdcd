#pragma once
#include <algorithm>
#include <chrono>

#include "tidewheel/core/clock.hpp"

namespace tidewheel::service {

// How long something has been silent, not counting the time in which this whole process was
// stopped. One thread, which calls look() every second or so.
class Silence {
  public:
    explicit Silence(const Clock& clock) : clock_(clock), looked_at_(clock.now()) {}

    void look() {
        const auto now = clock_.now();
        if (now - looked_at_ > std::chrono::seconds(5)) awake_since_ = now;
        looked_at_ = now;
    }
    Clock::Monotonic::duration since(Clock::Monotonic time) const {
        return looked_at_ - std::max(time, awake_since_);
    }

  private:
    const Clock& clock_;
    Clock::Monotonic looked_at_;
    Clock::Monotonic awake_since_{};
};

}  // namespace tidewheel::service
