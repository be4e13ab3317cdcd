#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "tidewheel/kafka/client.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::verify {

// How long an answer of Kafka may take. Long, because no service waits for `verify`, and this
// process may have been stopped meanwhile.
inline constexpr std::chrono::seconds kafka_timeout{60};

// How far to read each partition: the offset before which everything has been applied.
using PartitionEnds = std::map<int, std::int64_t>;

// Why a topic can't be read from its very beginning up to these ends; empty: it can.
std::string missing_history(const kafka::ClientSettings& kafka, const std::string& topic,
                            const PartitionEnds& ends);

// Copies the records before these ends into pg_temp.tidewheel_raw, in pieces of some megabytes.
// `progress` hears how many more were read.
void copy_topic(const kafka::ClientSettings& kafka, const std::string& topic,
                const PartitionEnds& ends, bool with_headers, postgres::Session& session,
                const std::function<void(std::int64_t)>& progress);

}  // namespace tidewheel::verify
