#pragma once
#include <algorithm>
#include <chrono>

#include "tidewheel/core/clock.hpp"

namespace tidewheel::runtime {

// How long something that fails is left alone before it is tried again: `first`, and twice as long
// each time that it fails again soon, up to `longest`.
class Patience {
  public:
    Patience(std::chrono::seconds first, std::chrono::seconds longest)
        : first_(first), longest_(longest) {}

    void failed(Clock::Monotonic now) {
        const bool again = wait_.count() > 0 && now - until_ < 2 * longest_;
        wait_ = again ? std::min(2 * wait_, longest_) : first_;
        until_ = now + wait_;
    }
    bool over(Clock::Monotonic now) const { return wait_.count() == 0 || now >= until_; }

  private:
    std::chrono::seconds first_, longest_, wait_{0};
    Clock::Monotonic until_;
};

}  // namespace tidewheel::runtime
