#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/topic_partition.hpp"

namespace tidewheel::engine {

// The views live as long as the record.
struct Header {
    std::string_view name;
    std::optional<std::string_view> value;  // raw bytes
};

constexpr std::int64_t no_time = -1;  // what Kafka gives for a record without a timestamp

// A record's time, Kafka's milliseconds since 1970, as PostgreSQL's microseconds since 2000.
// nullopt: the record has none. Producers write what they like there (microseconds and nanoseconds,
// too): what lies outside of the years 1 to 9999 becomes PostgreSQL's -infinity or infinity, and a
// record is refused where a column or now() needs it.
constexpr std::int64_t before_all_times = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t after_all_times = std::numeric_limits<std::int64_t>::max();
constexpr std::optional<std::int64_t> postgres_time(std::int64_t milliseconds) {
    constexpr std::int64_t year_1 = -62'135'596'800'000, year_10000 = 253'402'300'800'000;
    constexpr std::int64_t year_2000 = 946'684'800'000;
    if (milliseconds == no_time) return std::nullopt;
    if (milliseconds < year_1) return before_all_times;
    if (milliseconds >= year_10000) return after_all_times;
    return (milliseconds - year_2000) * 1000;
}
// The same; nullopt for times that are out of range, too.
constexpr std::optional<std::int64_t> finite_time(std::int64_t milliseconds) {
    const auto time = postgres_time(milliseconds);
    if (time == before_all_times || time == after_all_times) return std::nullopt;
    return time;
}

// One record of a topic. The views live as long as the record, which owns the memory (a librdkafka
// message, as a rule), or as the batch that has copied it.
struct Record {
    std::optional<std::string_view> value;  // nullopt: a tombstone
    std::optional<std::string_view> key;
    int partition = 0;
    std::int64_t offset = 0;
    // Milliseconds since 1970, UTC (or no_time); the broker's or the producer's, as the topic says.
    std::int64_t timestamp = 0;

    std::unique_ptr<void, void (*)(void*)> owner{nullptr, [](void*) {}};
    // Appends the headers. nullptr: it has none.
    void (*read_headers)(const void* owner, std::vector<Header>& to) = nullptr;

    std::vector<Header> headers() const {
        std::vector<Header> all;
        if (read_headers) read_headers(owner.get(), all);
        return all;
    }
};

// Statements can't continue in a partition: their next record is gone, or the log is not the one
// that they have read. Where they continue is a user's decision.
class MissingData : public Error {
  public:
    // deleted: the log has lost the records before they were read. replaced: its offsets mean other
    // records than those that were applied.
    enum class Cause { deleted, replaced };

    // statements: those that it concerns; empty: not known yet.
    MissingData(const std::string& what, const std::string& hint, Cause cause = Cause::deleted,
                std::vector<int> statements = {})
        : Error(Kind::refused, what, hint), cause_(cause), statements_(std::move(statements)) {}
    Cause cause() const { return cause_; }
    const std::vector<int>& statements() const { return statements_; }

  private:
    Cause cause_;
    std::vector<int> statements_;
};

// What the broker says about a log: it holds the offsets [first, end), as far as they can be read.
struct LogState {
    std::int64_t first = 0, end = 0;
    std::optional<bool> compacted = {};  // so records vanish from its middle; nullopt: it won't say
};

// Where a lane gets its records from: one partition, in order. Not thread-safe: one lane, one
// thread.
class RecordSource {
  public:
    virtual ~RecordSource() = default;
    // The next record, or nothing when none came within the wait (milliseconds; 0: only what is
    // there already). Throws MissingData when the wanted offset is gone; Error (unavailable,
    // refused) when the partition can't be read for now; and again at every further call, for what
    // comes after could leave records out.
    virtual std::optional<Record> next(int wait) = 0;
    // The offset after the newest record that the broker has reported; -1 when not known yet. Never
    // asks the broker.
    virtual std::int64_t end_offset() const = 0;
    // The offset after everything consumed so far, control records and compacted gaps included; -1
    // when not known.
    virtual std::int64_t position() const = 0;
    virtual TopicPartition log() const = 0;
    // Asks the broker, for a few seconds at most. Throws Error: unavailable when it doesn't answer,
    // refused when there is no such topic, or no right to ask.
    virtual LogState ask_log() = 0;
    // Asks the broker as well, for the first offset whose record has this time (milliseconds since
    // 1970) or a later one; nullopt: there is none, or this source can't tell.
    virtual std::optional<std::int64_t> first_at(std::int64_t /*time*/) { return std::nullopt; }
    // The topic's id, which tells it from others of that name; nullopt: the client library doesn't
    // know it.
    virtual std::optional<std::string> topic_id() const { return std::nullopt; }
};

}  // namespace tidewheel::engine
