#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/decoder.hpp"
#include "tidewheel/engine/record.hpp"

// A lane: one assigned partition with its own batch, its own transaction and its own progress.
// Lanes share nothing.
namespace tidewheel::engine {

// How far one statement has come in the lane's partition: the first offset that it has not applied.
struct StatementProgress {
    int statement;
    std::int64_t next_offset;
};

// Consecutive records of the partition, [begin, end), and the statements that are to apply them:
// those that stand at `begin`. There may be none: offsets have gaps, and begin == end says that the
// lane is here and nothing came.
struct Work {
    const Batch& batch;
    std::int64_t begin, end;
    std::int64_t partition_end;  // the partition's end as far as known; -1: unknown
    std::vector<int> statements;
};

// What a commit did, for the four counts.
struct Committed {
    std::size_t accepted = 0;  // records that passed the stream's rules
    std::vector<std::pair<int, std::size_t>> rows_written;  // by statement
    std::vector<Reason> dead_letters;  // one for every dead letter that was parked
};

// Where a lane's batches go. Everything of one batch is stored at once or not at all, with the
// progress it makes.
class BatchSink {
  public:
    virtual ~BatchSink() = default;
    // Connects anew and reads how far every statement has come. Throws Error: fenced when another
    // owner has claimed the partition.
    virtual std::vector<StatementProgress> open() = 0;
    // Commits the work and moves its statements from `begin` to `end`. Throws Error: fenced when
    // the progress is not ours or not at `begin` any more; unavailable when it failed or nobody
    // knows whether it did: then open() tells.
    virtual Committed commit(const Work& work) = 0;
};

struct LaneLimits {
    std::size_t rows = 10000;
    std::size_t bytes = 8u << 20;
    std::chrono::milliseconds linger{
        20};  // how long a batch waits for more when the partition has run dry
    std::chrono::milliseconds retry_longest{5000};
    // An idle lane writes down so often that it is here and that nothing came.
    std::chrono::milliseconds heartbeat{10000};
};

// What a lane tells while it runs. Called from the lane's thread.
class LaneObserver {
  public:
    virtual ~LaneObserver() = default;
    struct BatchDone {
        std::int64_t next_offset, partition_end;
        std::size_t records;
        std::int64_t
            record_time;  // of the newest record, milliseconds since 1970; 0: there was none
        std::chrono::nanoseconds filling, committing;
        const Committed& committed;
    };
    virtual void on_opened(std::int64_t next_offset) = 0;
    // A batch is full and is being committed from now on, for however long it takes.
    virtual void on_filled(std::int64_t partition_end, std::int64_t oldest_record_time) = 0;
    virtual void on_committed(const BatchDone& done) = 0;
    virtual void on_retry(const Error& error, std::chrono::milliseconds wait) = 0;
    virtual void on_idle(std::int64_t partition_end) = 0;  // nothing to do for now: everything that
                                                           // arrived is committed
};

class Lane {
  public:
    Lane(RecordSource& source, Decoder& decoder, BatchSink& sink, Batch& batch,
         LaneObserver& observer, LaneLimits limits, const Clock& clock = Clock::system());

    // Runs until it is stopped; a batch that is being committed is finished, one that is being
    // filled is abandoned. Throws Error: fenced; pipeline when a statement can't be run any more;
    // unavailable or refused when the partition can't be read, and MissingData when its next offset
    // is gone, once everything before is committed.
    void run(std::stop_token stop);

  private:
    void open(std::stop_token stop);
    void fill(std::stop_token stop);
    void rest(std::stop_token stop);
    void write(std::stop_token stop, std::int64_t end);
    std::vector<int> at_next() const;
    bool committed_meanwhile(const Work& work);
    bool full() const;
    Work work(std::int64_t end) const;
    template <class Attempt>
    bool retrying(std::stop_token stop, Attempt&& attempt);

    RecordSource& source_;
    Decoder& decoder_;
    BatchSink& sink_;
    Batch& batch_;
    LaneObserver& observer_;
    LaneLimits limits_;
    const Clock& clock_;
    Backoff backoff_;

    std::vector<StatementProgress> progress_;
    std::int64_t next_ = 0;   // the first offset that the next batch may hold
    std::int64_t limit_ = 0;  // a batch must not reach past it: there another statement joins in
    std::optional<Record> held_;  // read already, but past the limit
    Clock::Monotonic filling_since_;
    std::optional<Clock::Monotonic> written_at_;  // the last commit
};

}  // namespace tidewheel::engine
