#pragma once
#include <chrono>
#include <exception>
#include <stop_token>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/engine/lane_observer.hpp"

namespace tidewheel::engine {

// Another owner has the partition, or the plan must change: nothing that a lane repeats helps.
// Anything else (a server that is down, a permission that is missing) may be put right meanwhile.
inline bool ends_the_lane(const Error& error) {
    return error.kind() == Error::Kind::fenced || error.kind() == Error::Kind::pipeline;
}

// Repeats what a lane does until it succeeds.
class LaneRetry {
  public:
    LaneRetry(LaneObserver& observer, std::chrono::milliseconds longest, const Clock& clock)
        : observer_(observer), retry_({.longest = longest}, clock) {}

    // What an attempt throws when no repetition puts it right.
    struct Ends {
        std::exception_ptr why;
    };

    // Calls `attempt` until it returns or throws an error that ends the lane. False: it was stopped
    // before.
    template <class Attempt>
    bool until_done(std::stop_token stop, Attempt&& attempt) {
        for (;;) {
            try {
                attempt();
                retry_.succeeded();
                return true;
            } catch (const Ends& end) {
                std::rethrow_exception(end.why);
            } catch (const Error& error) {
                if (ends_the_lane(error)) throw;
                if (stop.stop_requested()) return false;
                const auto wait = *retry_.failed();
                observer_.on_retry(error, wait);
                if (!wait_for(stop, wait)) return false;
            }
        }
    }

  private:
    LaneObserver& observer_;
    Retry retry_;
};

}  // namespace tidewheel::engine
