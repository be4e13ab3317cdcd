#include "tidewheel/core/retry.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <random>

namespace tidewheel {
namespace {

using Duration = RetryPolicy::Duration;

Duration less_by_chance(Duration bound, double jitter) {
    thread_local std::minstd_rand random{std::random_device{}()};
    // Rounded: in doubles, 100 * (1 - 0.9) is less than 10.
    const auto least = std::llround(static_cast<double>(bound.count()) * (1 - jitter));
    return Duration(std::uniform_int_distribution<Duration::rep>(least, bound.count())(random));
}

}  // namespace

Retry::Retry(RetryPolicy policy, const Clock& clock)
    : policy_(policy), clock_(&clock), began_at_(clock.now()) {
    policy_.first = std::clamp(policy_.first, Duration(0), std::max(policy_.longest, Duration(0)));
    bound_ = policy_.first;
}

std::optional<Duration> Retry::failed() {
    const auto now = clock_->now();
    const auto since = [&](Clock::Monotonic time) {
        return std::chrono::duration_cast<Duration>(now - time);
    };
    if (retries_ > 0 && since(due_at_) >= policy_.forget_after) succeeded();
    if (retries_ >= policy_.most_retries || since(began_at_) >= policy_.give_up_after)
        return std::nullopt;
    const Duration wait = less_by_chance(bound_, policy_.jitter);
    bound_ = bound_ > policy_.longest / policy_.factor ? policy_.longest : bound_ * policy_.factor;
    due_at_ = now + wait;
    ++retries_;
    return wait;
}

void Retry::succeeded() {
    began_at_ = clock_->now();
    bound_ = policy_.first;
    retries_ = 0;
}

bool wait_for(std::stop_token stop, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace tidewheel
