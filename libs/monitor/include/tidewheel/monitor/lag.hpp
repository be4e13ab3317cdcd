#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/catalogue/verifications.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/connection.hpp"

// How far every statement is behind its topic: progress out of PostgreSQL, ends out of Kafka.
namespace tidewheel::monitor {

// Seconds from a record's own time until its commit: half of the records of the last minute or two
// took no longer than p50, 99 of 100 no longer than p99.
struct Latency {
    double p50 = 0, p99 = 0;
};

struct PartitionLag {
    int partition = 0;
    std::optional<std::int64_t> next_offset;  // nullopt: not begun
    // What the topic holds: [first, end); nullopt: it or the partition is gone.
    std::optional<std::int64_t> first_offset, end_offset;
    std::int64_t lag = 0;         // offsets that wait and can be read
    std::int64_t unreadable = 0;  // offsets after end_offset: of a transaction that is still open
    std::int64_t records = 0, rows_written = 0;
    std::optional<Latency> latency;     // nullopt: nothing was committed lately, or none owns it
    std::optional<double> waiting_age;  // seconds since the time of the oldest record that waits
    std::string watermark, owner;       // empty: none
    std::string missing;  // why the statement can't continue here, as its lane recorded it
    std::string missing_since;
    // PostgreSQL refuses the record at this offset, and it isn't known whether the record is to
    // blame; `refusal`: why.
    std::optional<std::int64_t> waits_at;
    std::string refusal;

    // Its lane has stopped until a reset, or will: the offset at which to continue doesn't exist.
    bool data_is_missing() const;
    std::string missing_words() const;  // why
};

// What was done so far.
struct StatementWork {
    std::int64_t records = 0, rows = 0;
};

struct StatementLag {
    int id = 0;
    std::string name, kind, topic;
    std::vector<PartitionLag> partitions;  // none: it reads none of the topic in this database
    std::int64_t dead_letters = 0;         // records that it missed, discarded ones aside
    bool paused = false;                   // no service runs it
    std::optional<catalogue::LastVerification> verified;  // nullopt: never
    int stream = 0;            // its id; a service's statements of one stream share lanes
    bool ends_known = true;    // false: Kafka wasn't asked, so what waits isn't known
    bool topic_exists = true;  // as far as Kafka was asked

    std::int64_t lag() const;
    StatementWork work() const;
    bool topic_is_gone() const;
    const PartitionLag* missing_data() const;  // the first such partition; nullptr: none
    const PartitionLag* waiting() const;       // the same for a record that is refused
    bool waits_for_transaction() const;        // nothing else waits
    // Seconds by which a reader of the table is behind the topic: the age of the oldest record that
    // waits, by its own time; 0 where none waits; nullopt: some partition has not begun, or its
    // record isn't known.
    std::optional<double> freshness() const;
    std::optional<Latency> latency() const;  // the largest of any partition
    bool begun() const;                      // in every partition where something waits
};

// The same with its pace, from two readings one after the other.
struct Observed {
    StatementLag lag;
    double records_per_second = 0, rows_per_second = 0;
};

// `only`: these statements; none: all. Throws Error as kafka::Admin does where Kafka is
// unavailable.
std::vector<StatementLag> read_lag(postgres::Connection& connection, kafka::Admin& admin,
                                   const std::set<int>& only = {});
// What PostgreSQL alone knows.
std::vector<StatementLag> read_progress(postgres::Connection& connection,
                                        const std::set<int>& only = {});
// Fills in waiting_age, by reading one record of each partition that is behind.
void read_waiting_ages(std::vector<StatementLag>& statements, const kafka::ClientSettings& kafka);
// By statement; cheaper than read_lag.
std::map<int, StatementWork> read_work(postgres::Connection& connection);

}  // namespace tidewheel::monitor
