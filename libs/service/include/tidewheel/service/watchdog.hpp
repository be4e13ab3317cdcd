#pragma once
#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

#include "tidewheel/core/clock.hpp"

namespace tidewheel::service {

// Ends the process, so that its supervisor restarts it: a thread that hangs can't be joined, and
// what isn't committed will be repeated, exactly once.
[[noreturn]] void end_stuck(const std::string& what);

// Ends a service whose main loop no longer iterates (it hangs in a call of librdkafka or
// PostgreSQL).
class Watchdog {
  public:
    Watchdog(const std::atomic<Clock::Monotonic>& seen, std::chrono::milliseconds longest);

  private:
    std::jthread thread_;
};

// A stop has ten seconds. What hangs longer (a frozen server) is abandoned: what isn't committed
// will be repeated, exactly once.
class EndInTime {
  public:
    explicit EndInTime(std::stop_token stop);

  private:
    std::jthread thread_;
};

}  // namespace tidewheel::service
