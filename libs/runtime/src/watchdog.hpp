#pragma once
#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include "tidewheel/core/clock.hpp"

namespace tidewheel::runtime {

// Ends the process, for its supervisor to start it anew: what hangs can't be joined, and whatever
// isn't committed will be done again, exactly once.
[[noreturn]] void end_stuck(const std::string& what);

// A service whose own thread doesn't come round any more (librdkafka or PostgreSQL keeps it in a
// call) ends.
class Watchdog {
  public:
    Watchdog(const std::atomic<Clock::Monotonic>& seen, std::chrono::milliseconds longest);

  private:
    std::jthread thread_;
};

// A stop has ten seconds. What hangs longer (a frozen server) is abandoned: whatever isn't
// committed will be done again, exactly once.
class EndInTime {
  public:
    explicit EndInTime(std::stop_token stop);

  private:
    std::jthread thread_;
};

}  // namespace tidewheel::runtime
