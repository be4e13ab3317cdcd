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
    std::optional<std::int64_t> next_offset;  // nullopt: not begun
    std::optional<std::int64_t> end_offset;   // nullopt: the topic or the partition is gone
    std::int64_t lag = 0;                     // records between the two
    std::int64_t records = 0, rows_written = 0;
    std::optional<double> record_age;  // seconds since the newest applied record's own timestamp
    std::string watermark, owner;      // empty: none
};

struct StatementLag {
    int id = 0;
    std::string name, kind, topic;
    std::vector<PartitionLag> partitions;
    std::int64_t dead_letters = 0;  // its own, and those that its stream's rules refused

    std::int64_t lag() const;
    std::int64_t records() const;
    bool topic_is_gone() const;
    std::optional<double> freshness()
        const;  // seconds: 0 when nothing is behind; nullopt: nothing applied yet
};

std::vector<StatementLag> read_lag(postgres::Connection& connection, kafka::Admin& admin);
// Records applied so far, by statement; cheaper than read_lag.
std::map<int, std::int64_t> read_records(postgres::Connection& connection);

}  // namespace tidewheel::cli
