#pragma once
#include <chrono>
#include <cstdint>

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

// Seconds since 1970, UTC.
inline std::int64_t unix_time(const Clock& clock = Clock::system()) {
    return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch())
        .count();
}

}  // namespace tidewheel
