#pragma once
#include <chrono>
#include <limits>
#include <optional>
#include <stop_token>

#include "tidewheel/core/clock.hpp"

namespace tidewheel {

// How what has failed is tried again: the n-th wait is `first` * `factor`^n, at most `longest`,
// less what chance takes off. Everything that is tried again differs in these figures alone. Source
// of growth and jitter: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
struct RetryPolicy {
    using Duration = std::chrono::milliseconds;
    static constexpr Duration never = Duration::max();

    Duration first{100};  // 0: no wait ever
    Duration longest{5000};
    unsigned factor = 2;  // 1: all waits are `first`
    // The share of a wait that chance may take off, so that many don't come at once.
    double jitter = 0.9;
    Duration give_up_after = never;  // since the first attempt; it may end a wait later
    int most_retries = std::numeric_limits<int>::max();
    Duration forget_after = never;  // the wait: a failure that comes so late is a first one again
};

// The waits of one thing that is tried again. One thread.
class Retry {
  public:
    using Duration = RetryPolicy::Duration;
    explicit Retry(RetryPolicy policy = {}, const Clock& clock = Clock::system());

    // It has failed. How long to wait before it is tried again; nothing: give up.
    std::optional<Duration> failed();
    // The wait after the last failure is over, for those who look now and then and don't wait.
    bool is_due() const { return retries_ == 0 || clock_->now() >= due_at_; }
    // It has succeeded: what fails next fails for the first time.
    void succeeded();

  private:
    RetryPolicy policy_;
    const Clock* clock_;
    Clock::Monotonic began_at_, due_at_{};
    Duration bound_;
    int retries_ = 0;
};

// Waits for the given time or until a stop is asked for; false when it was stopped.
bool wait_for(std::stop_token stop, std::chrono::milliseconds time);

}  // namespace tidewheel
