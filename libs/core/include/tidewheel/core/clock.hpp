#pragma once
#include <chrono>

namespace tidewheel {

// The time, as an argument, so that tests can turn it. Thread-safe.
class Clock {
  public:
    using Monotonic = std::chrono::steady_clock::time_point;
    virtual ~Clock() = default;
    virtual Monotonic now() const = 0;                               // for intervals
    virtual std::chrono::system_clock::time_point wall() const = 0;  // for what people read
    static const Clock& system();
};

}  // namespace tidewheel
