#pragma once
#include "tidewheel/core/retry.hpp"

namespace tidewheel::kafka {

// What a broker corrects by itself (a topic that is new, a leader that moved) is asked for again
// soon, for as long as an answer may take.
inline RetryPolicy ask_again(std::chrono::milliseconds timeout) {
    constexpr std::chrono::milliseconds wait{20};
    return {.first = wait, .longest = wait, .factor = 1, .jitter = 0, .give_up_after = timeout};
}

}  // namespace tidewheel::kafka
