#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "tidewheel/runtime/awake.hpp"
#include "tidewheel/runtime/lane_watch.hpp"

namespace tidewheel::runtime {

// Finds a lane that only a new process can help: its thread gives no sign of life, or the broker
// has records for it that never reach it. An outage is neither: a lane that waits to try again says
// so, and a broker that doesn't answer confirms nothing. Nor is a batch that PostgreSQL
// needs long for. One thread.
class StuckLanes {
  public:
    // The broker's word for how far the partition can be read now (short of what a hanging
    // transaction holds back); nullopt: it doesn't say.
    using ReadableEnd = std::function<std::optional<std::int64_t>(const kafka::TopicPartition&)>;

    // Whether PostgreSQL is at work for the lane.
    using IsServed = std::function<bool(const kafka::TopicPartition&)>;

    StuckLanes(std::chrono::milliseconds patience, ReadableEnd readable_end, IsServed is_served,
               const Clock& clock = Clock::system());

    // All lanes there are now. What is wrong with the first that is stuck, with its name.
    std::optional<std::string> look(const LaneWatch::Lanes& lanes);

  private:
    bool starves(const kafka::TopicPartition& where, const LaneStatus& lane);

    std::chrono::milliseconds patience_;
    ReadableEnd readable_end_;
    IsServed is_served_;
    const Clock& clock_;
    Awake awake_;
    struct Hunger {
        Clock::Monotonic since;
        std::int64_t position;
    };
    std::map<kafka::TopicPartition, Hunger> hungry_;  // since when the broker has had more for them
    std::map<kafka::TopicPartition, Clock::Monotonic> asked_at_;  // the broker, who may not answer
};

}  // namespace tidewheel::runtime
