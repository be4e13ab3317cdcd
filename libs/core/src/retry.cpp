#include "tidewheel/core/retry.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace tidewheel {

Backoff::Backoff(Duration first, Duration longest)
    : first_(std::max(first, Duration(0))),
      longest_(std::max(longest, first_)),
      bound_(first_),
      random_(std::random_device{}()) {}

Backoff::Duration Backoff::next() {
    std::uniform_int_distribution<Duration::rep> draw(bound_.count() / 10, bound_.count());
    const Duration wait(draw(random_));
    bound_ = bound_ > longest_ / 2 ? longest_ : bound_ * 2;
    return wait;
}

void Backoff::reset() {
    bound_ = first_;
}

bool wait_for(std::stop_token stop, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any stopped;
    stopped.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace tidewheel
