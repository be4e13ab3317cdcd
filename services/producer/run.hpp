#pragma once
#include <cstdint>
#include <functional>
#include <stop_token>

#include "producer/report.hpp"
#include "producer/sending.hpp"
#include "producer/store_event.hpp"

namespace tidewheel::producer {

// Called at most five times a second during a run, with what has been sent so far.
using Observer = std::function<void(const Counts&, const kafka::Deliveries&)>;

// A duplicate follows its event at this distance, so that the two seldom share a batch.
inline constexpr std::uint64_t repeat_distance = 1000;

// Sends the events of a range, as send_range does. What was sent before an Error or a stop is
// accounted for. The report lacks topic, seed, start and span.
Report send_events(const StoreEvents& events, const Range& range, int partitions, Sink& sink,
                   std::stop_token stop, const Observer& observe = {},
                   const Clock& clock = Clock::system());

}  // namespace tidewheel::producer
