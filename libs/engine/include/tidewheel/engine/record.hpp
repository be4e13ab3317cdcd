#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidewheel/core/error.hpp"

namespace tidewheel::engine {

struct Header {
    std::string name;
    std::optional<std::string> value;  // raw bytes
};

// Kafka's milliseconds since 1970 as PostgreSQL's microseconds since 2000. Producers write what
// they like into a record's time (nanoseconds, too); what lies outside the years 1 to 9999 becomes
// the nearest time within.
constexpr std::int64_t postgres_time(std::int64_t milliseconds) {
    constexpr std::int64_t year_1 = -62'135'596'800'000, year_9999 = 253'402'300'799'999;
    constexpr std::int64_t year_2000 = 946'684'800'000;
    return (std::clamp(milliseconds, year_1, year_9999) - year_2000) * 1000;
}

// One record of a topic. The views live as long as the record, which owns the memory (a librdkafka
// message, as a rule).
struct Record {
    std::optional<std::string_view> value;  // nullopt: a tombstone
    std::optional<std::string_view> key;
    int partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp =
        0;  // milliseconds since 1970, UTC; the broker's or the producer's, as the topic says

    std::unique_ptr<void, void (*)(void*)> owner{nullptr, [](void*) {}};
    std::vector<Header> (*read_headers)(const void* owner) = nullptr;

    std::vector<Header> headers() const {
        return read_headers ? read_headers(owner.get()) : std::vector<Header>{};
    }
};

// The wanted offset is gone, or means another record now. Going on is a human's decision.
class MissingData : public Error {
  public:
    // left_behind: the statements that want the offset, while others of their lane are further on;
    // empty: all of them want it.
    MissingData(const std::string& what, const std::string& hint, std::vector<int> left_behind = {})
        : Error(Kind::refused, what, hint), left_behind_(std::move(left_behind)) {}
    const std::vector<int>& left_behind() const { return left_behind_; }

  private:
    std::vector<int> left_behind_;
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
    // The offset after the newest record that the broker told of; -1 when not known yet. Never asks
    // the broker.
    virtual std::int64_t end_offset() const = 0;
    // The offset after everything consumed so far, control records and compacted gaps included; -1
    // when not known.
    virtual std::int64_t position() const = 0;
};

}  // namespace tidewheel::engine
