#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/connection.hpp"

// How far every statement is behind its topic: progress out of PostgreSQL, ends out of Kafka.
namespace tidewheel::cli {

struct PartitionLag {
    int partition = 0;
    std::optional<std::int64_t> next_offset;               // nullopt: not begun
    std::optional<std::int64_t> first_offset, end_offset;  // what the topic holds: [first, end);
                                                           // nullopt: it or the partition is gone
    std::int64_t lag = 0;                                  // offsets that wait and can be read
    std::int64_t unreadable = 0;  // offsets after end_offset: of a transaction that is still open
    std::int64_t records = 0, rows_written = 0;
    std::optional<double> record_age;  // seconds since the newest applied record's own timestamp
    std::string watermark, owner;      // empty: none

    // The offset to go on at isn't there: deleted before it was read, or of a topic that was made
    // anew. The lane stops.
    bool data_is_missing() const;
};

// What was done so far.
struct Work {
    std::int64_t records = 0, rows = 0;
};

struct StatementLag {
    int id = 0;
    std::string name, kind, topic;
    std::vector<PartitionLag> partitions;
    std::int64_t dead_letters = 0;  // records that it missed, discarded ones aside
    bool paused = false;            // nobody runs it

    std::int64_t lag() const;
    Work work() const;
    bool topic_is_gone() const;
    const PartitionLag* missing_data() const;  // the first such partition; nullptr: none
    bool waits_for_transaction() const;        // nothing else waits
    // Seconds by which a reader of the table is behind the topic, at most: the age of the newest
    // record applied, where others wait; 0 where none does; nullopt: nothing applied yet.
    std::optional<double> freshness() const;
};

// The same with its pace, from two readings one after the other.
struct Observed {
    StatementLag lag;
    double records_per_second = 0, rows_per_second = 0;
};

std::vector<StatementLag> read_lag(postgres::Connection& connection, kafka::Admin& admin);
// By statement; cheaper than read_lag.
std::map<int, Work> read_work(postgres::Connection& connection);

}  // namespace tidewheel::cli
