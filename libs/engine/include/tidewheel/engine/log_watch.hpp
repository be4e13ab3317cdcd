#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {

// Whether a log is still the one that has been read so far. A topic can be deleted, created again
// and filled between two answers to a consumer: reading then continues at the next offset, in
// another log, and no error tells.
//
// Times tell. Now and then a mark is made: the time of the last record read, and the lowest offset
// that has a later record, or the one after the record read if there is none yet. A log only grows,
// so in the same log no later record can appear before the mark. In a new one, whose records are
// later, it does.
class LogWatch {
  public:
    // Both must outlive this.
    LogWatch(RecordSource& source, const Clock& clock) : source_(source), clock_(clock) {}

    // The next record of the log has been read. Cheap: called for every record.
    void see(const Record& record) {
        if (record.offset > newest_.offset) newest_ = {record.offset, record.timestamp};
    }
    // The log ends here; -1: not known. False: it has become shorter, which no log does.
    bool grows(std::int64_t end);
    // Asks the source. False: it is another log, so the records that were read last may be of that
    // one. Throws Error: unavailable when there is no answer.
    bool is_same();
    // Whether it is time for a new mark: records have been read since the last one.
    bool is_due() const;

    static constexpr std::chrono::milliseconds interval{250};  // of marks

  private:
    struct Read {
        std::int64_t offset, timestamp;
    };
    struct Mark {
        std::int64_t time, lowest;  // records later than `time` are not before this offset
    };
    std::optional<Mark> mark() const;

    RecordSource& source_;
    const Clock& clock_;
    Read newest_{-1, no_time};  // the last record read
    std::int64_t marked_ = -1;  // the record for which a mark was made, or couldn't be
    std::optional<Mark> mark_;
    std::int64_t longest_ = -1;  // where the log ended, at most
    std::optional<Clock::Monotonic> marked_at_;
};

}  // namespace tidewheel::engine
