#pragma once
#include "tidewheel/core/clock.hpp"

namespace tidewheel::testing {

// Goes only when the test turns it.
class FakeClock final : public Clock {
  public:
    Monotonic time{};
    std::chrono::system_clock::time_point wall_time{};

    Monotonic now() const override { return time; }
    std::chrono::system_clock::time_point wall() const override { return wall_time; }
};

}  // namespace tidewheel::testing
