#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/log_check.hpp"
#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/stage_times.hpp"

namespace tidewheel::engine {

// Consecutive records of the partition, [begin, end), and the statements that are to apply them:
// those whose progress is at `begin`. There may be none: offsets have gaps, and begin == end is a
// heartbeat: the lane is alive and has no new records.
struct CommitRequest {
    const Batch& batch;
    std::int64_t begin, end;
    std::int64_t partition_end;  // the partition's end as far as known; -1: unknown
    std::vector<int> statements;
    // Throws when the records must not be stored: their log may be another one by now. It may take
    // a while, so it is called last, before all that was done becomes permanent.
    std::function<void()> confirm = [] {};
};

// What a commit did, for the four counts, and how long that took.
struct Committed {
    std::size_t accepted = 0;  // records that passed the stream's rules, or are ignored
    std::vector<std::pair<int, std::size_t>> rows_written;  // by statement
    std::vector<Reason> dead_letters;  // one for every dead letter that was parked
    StageTimes times;                  // but for decoding
};

// The record at this offset was refused, and it is not known yet whether it or something else is to
// blame: more records after it may tell.
class UnjudgedRecord : public Error {
  public:
    UnjudgedRecord(const std::string& what, const std::string& hint)
        : Error(Kind::refused, what, hint) {}
};

// Where a lane's batches go. Everything of one batch is stored together or not at all, with the
// progress it makes. Used by one thread at a time.
class BatchSink {
  public:
    virtual ~BatchSink() = default;
    // Connects again and reads how far every statement has come. Throws Error: fenced when another
    // owner has claimed the partition.
    virtual std::vector<StatementProgress> open() = 0;
    // Commits the work and moves its statements from `begin` to `end`. Throws Error: fenced when
    // the progress is no longer ours or no longer at `begin`; unavailable when it failed, or when
    // the outcome is unknown: then open() tells; UnjudgedRecord, and nothing is stored; and what
    // work.confirm throws, with nothing stored.
    virtual Committed commit(const CommitRequest& work) = 0;
    // Records that these statements can't continue in this partition. Throws as commit does; may be
    // repeated after open().
    virtual void stop(const MissingData& missing) = 0;
};

}  // namespace tidewheel::engine
