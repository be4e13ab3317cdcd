#pragma once
#include <functional>
#include <optional>
#include <stop_token>

#include "change_stream.hpp"
#include "feed.hpp"
#include "tidewheel/kafka/transactional_writer.hpp"

namespace tidewheel::changefeed {

struct Stopped {};  // thrown where a stop is asked for in the middle of a wait

// From taking over to the first failure: a replication connection, a writer, the slot.
class Attempt {
  public:
    struct Surroundings {
        const Settings& settings;
        const kafka::ClientSettings& kafka;
        const FeedPlan& plan;
        Ownership& ownership;
        FeedMetrics& metrics;
        std::function<void()> seen;  // the feed's thread is alive
        std::function<void()> well;  // changes are streamed
        std::function<void()> waits_for_kafka;
    };
    Attempt(const Surroundings& surroundings, std::stop_token stop);

    // Until a failure, which it throws, or Stopped.
    [[noreturn]] void run();

  private:
    void keep_alive();
    void await_kafka();
    void note_progress();
    void look_at_slot();
    Position take_snapshot();
    void start_streaming();
    [[noreturn]] void stream(Position from);

    const Surroundings& with_;
    const std::stop_token stop_;
    postgres::ReplicationConnection replication_;
    kafka::TransactionalWriter writer_;
    RecordBatch batch_;
    EnvelopeWriter envelope_;
    ChangeStream* streaming_ = nullptr;  // once it has begun
    bool in_snapshot_ = false;           // the session has a transaction open
    bool waits_for_kafka_ = false;       // longer than usual
    Clock::Monotonic confirmed_at_{}, progress_at_ = Clock::system().now();
};

}  // namespace tidewheel::changefeed
