#pragma once
#include <chrono>
#include <random>
#include <stop_token>

namespace tidewheel {

// Exponential back-off with full jitter: the n-th wait is drawn from [0, min(longest, first *
// 2^n)], but is never under a tenth of that; a first wait of 0 means that there are none. Source:
// Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
class Backoff {
  public:
    using Duration = std::chrono::milliseconds;
    explicit Backoff(Duration first = Duration(100), Duration longest = Duration(5000));

    Duration next();  // the next wait
    void reset();     // after a success

  private:
    Duration first_, longest_, bound_;
    std::minstd_rand random_;
};

// Waits for the given time or until a stop is asked for; false when it was stopped.
bool wait_for(std::stop_token stop, std::chrono::milliseconds time);

}  // namespace tidewheel
