#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::producer {

// Where records go: Kafka, or a test's memory. One thread calls it.
class Sink {
  public:
    virtual ~Sink() = default;
    // topic: which of the sink's topics, from 0. May wait for room.
    virtual void send(const kafka::Outgoing& record, std::size_t topic) = 0;
    virtual bool flush(std::chrono::milliseconds timeout) = 0;
    virtual const kafka::Deliveries& deliveries() const = 0;
};

// Which events to send, and how fast.
struct Range {
    std::uint64_t first = 0;
    std::uint64_t count = 0;           // 0: until stopped
    std::chrono::nanoseconds pace{0};  // from one event to the next; 0: without waiting
};

// What an event of a range does, and what follows.
struct SendSteps {
    std::function<void(std::uint64_t number)> send;        // of each event
    std::function<void(std::uint64_t count)> finish = {};  // after the last one, unless stopped
    std::function<void(const kafka::Deliveries&)> observe = {};  // at most five times a second
};

// How it went.
struct Sending {
    kafka::Deliveries deliveries;  // sent == delivered + failed
    bool interrupted = false;      // it ended early: by a stop, or by an error
    std::optional<Error> failure;  // what the sink threw
    std::chrono::duration<double> elapsed{0};

    bool complete() const { return !interrupted && deliveries.failed == 0; }
};

// Sends the events of a range and waits until every record has been acknowledged or has failed.
// After a stop, which leaves out the rest, it waits for seven seconds at most and counts what is
// still under way as failed. An Error of the sink ends it likewise.
Sending send_range(const Range& range, Sink& sink, const SendSteps& steps, std::stop_token stop,
                   const Clock& clock = Clock::system());

}  // namespace tidewheel::producer
