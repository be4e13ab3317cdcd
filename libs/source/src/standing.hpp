#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "tidewheel/catalogue/sources.hpp"
#include "tidewheel/core/clock.hpp"

namespace tidewheel::source {

using catalogue::WallTime;

// How a source stands, between its feed, which knows, and the keeper, which stores it and renews
// the claim. Thread-safe.
class Standing {
  public:
    explicit Standing(catalogue::SourceState state) : state_(std::move(state)) {}

    // By our own clock, which goes on while the process is frozen: nothing may be fetched or sent
    // after it, since another owner may have begun.
    void holds_until(Clock::Monotonic time) { until_ = time; }
    bool holds() const { return Clock::system().now() < until_.load(); }

    catalogue::SourceState state() const {
        const std::lock_guard lock(mutex_);
        return state_;
    }
    // Changes the state, under the lock.
    void change(const std::function<void(catalogue::SourceState&)>& how) {
        const std::lock_guard lock(mutex_);
        how(state_);
    }
    // Why it is not connected, or why the last poll failed. True: it is another trouble than before,
    // or the first.
    bool note_trouble(const std::string& what) {
        const std::lock_guard lock(mutex_);
        const bool is_new = state_.trouble != what;
        state_.trouble = what;
        if (!state_.trouble_since) state_.trouble_since = Clock::system().wall();
        return is_new;
    }
    void note_well() {
        change([](catalogue::SourceState& state) {
            state.trouble.reset();
            state.trouble_since.reset();
        });
    }

  private:
    std::atomic<Clock::Monotonic> until_{};
    mutable std::mutex mutex_;
    catalogue::SourceState state_;
};

// "2026-11-24 14:02:11 UTC"
std::string words(WallTime time);

}  // namespace tidewheel::source
