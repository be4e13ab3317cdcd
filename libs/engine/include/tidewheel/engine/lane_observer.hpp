#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/batch_sink.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {

// What a lane reports while it runs. Called from the lane's thread.
class LaneObserver {
  public:
    virtual ~LaneObserver() = default;
    struct BatchDone {
        std::int64_t next_offset, partition_end;
        std::size_t records;
        // Of the newest record, milliseconds since 1970; 0: there was none.
        std::int64_t record_time;
        std::chrono::nanoseconds filling, committing;
        const Committed& committed;
        const CommitRequest& request;
    };
    virtual void on_opened(std::int64_t next_offset) = 0;
    // A batch is full and is being committed from now on, for however long it takes.
    virtual void on_filled(std::int64_t partition_end, std::int64_t oldest_record_time) = 0;
    virtual void on_committed(const BatchDone& done) = 0;
    virtual void on_retry(const Error& error, std::chrono::milliseconds wait) = 0;
    // The record by which the log is recognized has expired or was compacted: nothing is proven.
    virtual void on_unproven(std::int64_t /*offset*/, const LogState&) {}
    // The log seems to end before what was applied; the source is asked again after the wait.
    virtual void on_too_short(const MissingData& /*missing*/, std::chrono::milliseconds /*wait*/) {}
    // Nothing to do for now: everything that arrived is committed.
    virtual void on_idle(std::int64_t partition_end) = 0;
};

}  // namespace tidewheel::engine
