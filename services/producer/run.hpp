#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>

#include "producer/report.hpp"
#include "producer/store_event.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::producer {

// Where records go: Kafka, or a test's memory. One thread calls it.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual void send(const kafka::Outgoing& record) = 0;  // may wait for room
    virtual bool flush(std::chrono::milliseconds timeout) = 0;
    virtual const kafka::Deliveries& deliveries() const = 0;
};

// Which events to send, and how fast.
struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;           // 0: until stopped
    std::chrono::nanoseconds pace{0};  // from one event to the next; 0: without waiting
};

// Called at most five times a second during a run, with what has been sent so far.
using Observer = std::function<void(const Counts&, const kafka::Deliveries&)>;

// A duplicate follows its event at this distance, so that the two seldom share a batch.
inline constexpr std::uint64_t repeat_distance = 1000;

// Sends the events of a range and waits until every record has been acknowledged or has failed.
// After a stop, which leaves out the rest, it waits for seven seconds at most and counts what is
// still under way as failed. An Error of the sink ends the run likewise and is in the report, so
// that what was sent before is accounted for. The report lacks topic, seed, start and span.
Report send_events(const StoreEvents& events, const Range& range, int partitions, Sink& sink,
                   std::stop_token stop, const Observer& observe = {},
                   const Clock& clock = Clock::system());

}  // namespace tidewheel::producer
