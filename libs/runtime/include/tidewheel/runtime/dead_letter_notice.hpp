#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/reject.hpp"

namespace tidewheel::runtime {

// What the log says of a lane's dead letters: at once of the first, and then a line a minute at most,
// however many there are. One thread at a time.
class DeadLetterNotice {
  public:
    void add(std::span<const engine::Reason> dead_letters);
    // What to say now: "12 (8 wrong_type, 4 empty)", those since the last line, the most frequent
    // reason first. nullopt: nothing yet.
    std::optional<std::string> due(Clock::Monotonic now);

  private:
    std::map<engine::Reason, long long> counts_;
    std::optional<Clock::Monotonic> said_at_;
};

}  // namespace tidewheel::runtime
