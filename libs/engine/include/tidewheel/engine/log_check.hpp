#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/engine/fingerprint.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {

// How far one statement has come in the lane's partition.
struct StatementProgress {
    int statement;
    std::int64_t next_offset;              // the first that it has not applied
    std::optional<Fingerprint> last = {};  // of the last record that it applied
    std::optional<std::string> topic_id = {};
    std::int64_t waits_at = -1;  // it couldn't pass this offset; -1: there is none
};

// Whether a log is the one that the statements of a lane have read: record for record, as the lane
// reads past the last one that each has applied. Pure.
//
// From that record up to a statement's next offset there was none when the statement passed:
// markers of transactions, aborted records, and what compaction had taken. So the log is another
// one where a different record is at that offset, or where one is in between. Where the record is
// absent, the log's state tells (judge_absence).
class LogCheck {
  public:
    // A statement's doubt. found: the record that contradicts; nullopt: its last record is absent.
    struct Finding {
        int statement;
        Fingerprint last;
        std::optional<Fingerprint> found;
    };
    using Findings = std::vector<Finding>;

    // Starts over with these. A statement that reset has moved to before its last record proves
    // nothing.
    void begin(const std::vector<StatementProgress>& progress);
    // Whether see() needs the record at this offset. Cheap: called for every record.
    bool wants(std::int64_t offset) const { return offset >= wanted_; }
    // The lane has read this record. Every record that wants() asks for, in the log's order, before
    // a statement that begins at or before it applies it.
    Findings see(const Record& record);
    // The lane has read everything before this offset.
    Findings pass(std::int64_t position);

  private:
    struct Pending {
        int statement;
        std::int64_t next;
        Fingerprint last;
        bool proven = false;
        // The lowest offset that says something about it.
        std::int64_t wanted() const { return proven ? last.offset + 1 : last.offset; }
    };
    void look_ahead();

    std::vector<Pending> pending_;
    std::int64_t wanted_ = std::numeric_limits<std::int64_t>::max();
};

// What the absence of a record that was applied says about the log.
enum class Absence { expired, compacted, replaced };
Absence judge_absence(std::int64_t offset, const LogState& log);

// What stops statements, in words. at: the offset in question.
MissingData replaced(const TopicPartition& log, const LogCheck::Findings& findings,
                     const std::optional<LogState>& state);
MissingData other_topic(const TopicPartition& log, const std::string& was, const std::string& is,
                        std::vector<int> statements);
// Those of `progress` whose next offset is not in the log; nullopt: all are.
std::optional<MissingData> out_of_range(const TopicPartition& log, const LogState& state,
                                        const std::vector<StatementProgress>& progress);

}  // namespace tidewheel::engine
