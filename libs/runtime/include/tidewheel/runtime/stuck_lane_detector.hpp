#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tidewheel/runtime/lane_status.hpp"
#include "tidewheel/service/silence.hpp"

namespace tidewheel::runtime {

// Finds a lane that only a new process can help: its thread doesn't respond, or the broker has
// records for it that never reach it. An outage is neither: a lane that waits to retry says so, and
// a broker that doesn't answer confirms nothing. Nor is a batch that takes PostgreSQL long. One
// thread.
class StuckLaneDetector {
  public:
    // How far the partition can be read now, by the broker (without what a hanging transaction
    // holds back); nullopt: no answer.
    using ReadableEnd = std::function<std::optional<std::int64_t>(const engine::TopicPartition&)>;

    // Whether PostgreSQL is running a statement for the lane.
    using IsServed = std::function<bool(const LaneKey&)>;

    StuckLaneDetector(std::chrono::milliseconds timeout, ReadableEnd readable_end,
                      IsServed is_served, const Clock& clock = Clock::system());

    // All present lanes. Returns what is wrong with the first that is stuck, with its name.
    std::optional<std::string> look(const LaneStatuses& lanes);

  private:
    bool starves(const LaneKey& key, const LaneStatus& lane);

    std::chrono::milliseconds timeout_;
    ReadableEnd readable_end_;
    IsServed is_served_;
    const Clock& clock_;
    service::Silence silence_;
    struct Hunger {
        Clock::Monotonic since;
        std::int64_t position;
    };
    // Since when the broker has had more for them.
    std::map<LaneKey, Hunger> hungry_;
    std::map<LaneKey, Clock::Monotonic> asked_at_;  // the broker, who may not answer
};

}  // namespace tidewheel::runtime
