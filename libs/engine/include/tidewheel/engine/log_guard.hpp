#pragma once
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/engine/log_check.hpp"
#include "tidewheel/engine/log_watch.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {

class LaneObserver;

// Keeps a lane from applying records of another log than the one that its statements have read. The
// topic's id, what the log holds and the fingerprints of the last records (LogCheck) tell when the
// lane begins; times (LogWatch) tell while it reads.
//
// MissingData says that statements can't continue. Error (unavailable) says that the lane must end,
// or that the source doesn't answer; the next claim looks again.
class LogGuard {
  public:
    // All must outlive this. progress: of the lane. doubt: how a log that seems too short is asked
    // about again.
    LogGuard(RecordSource& source, LaneObserver& observer,
             const std::vector<StatementProgress>& progress, RetryPolicy doubt, const Clock& clock);

    // The lane begins to read for this progress. Throws MissingData.
    void begin();
    // The lane has read this record, and applies nothing of it yet. Throws MissingData; Error.
    void see(const Record& record) {
        if (check_.wants(record.offset)) settle(check_.see(record));
        watch_.see(record);
    }
    // The lane has read everything before this offset. Throws MissingData; Error.
    void pass(std::int64_t position) { settle(check_.pass(position)); }
    // Asks the source what the log holds. Throws MissingData if statements lack records of it;
    // Error. False: stopped.
    bool require_range(std::stop_token stop);
    // The source can't continue at its offset, as the broker says: throws MissingData if statements
    // lack records, Error otherwise. Returns when it was stopped.
    void judge_out_of_range(std::stop_token stop);

    // The log ends here, as far as is known; -1: not known. Throws Error if it was longer.
    void require_growth(std::int64_t end);
    // Asks the source, before a commit: is what has been read of the same log as before? Throws
    // Error when there is no answer.
    bool is_same();
    // Nothing is to be committed for now. Asks as well, if it is time to. Throws Error.
    void look();
    // What ends a lane whose log is_same() no longer.
    Error lost() const;

  private:
    void require_topic() const;
    std::optional<LogState> range(std::stop_token stop);
    void settle(LogCheck::Findings findings);

    RecordSource& source_;
    LaneObserver& observer_;
    const std::vector<StatementProgress>& progress_;
    const RetryPolicy doubt_;
    const Clock& clock_;
    LogCheck check_;
    LogWatch watch_;
};

}  // namespace tidewheel::engine
