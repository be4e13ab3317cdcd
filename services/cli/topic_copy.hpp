#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "tidewheel/kafka/client.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::cli {

// How far to read each partition: the offset before which everything has been applied.
using Bounds = std::map<int, std::int64_t>;

// Why a topic can't be read from its very beginning up to these bounds; empty: it can.
std::string missing_history(const kafka::ClientSettings& kafka, const std::string& topic,
                            const Bounds& bounds);

// Copies the records before the bounds into pg_temp.tidewheel_raw, in pieces of some megabytes.
// `progress` hears how many more were read.
void copy_topic(const kafka::ClientSettings& kafka, const std::string& topic, const Bounds& bounds,
                bool with_headers, postgres::Session& session,
                const std::function<void(std::int64_t)>& progress);

}  // namespace tidewheel::cli
