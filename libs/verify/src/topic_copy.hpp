#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tidewheel/kafka/client.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/verify/verification.hpp"

namespace tidewheel::verify {

// How long an answer of Kafka may take. Long, because no service waits for `verify`, and this
// process may have been stopped meanwhile.
inline constexpr std::chrono::seconds kafka_timeout{60};

// How far to read each partition: the offset before which everything has been applied.
using PartitionEnds = std::map<int, std::int64_t>;

// The offsets of a partition that are read: from `begin` up to `end` (exclusive).
struct Span {
    std::int64_t begin = 0, end = 0;
};

struct Readable {
    std::map<int, Span> spans;  // by partition; none where nothing was applied
    std::string problem;        // why the topic can't have led to this progress; empty: it can
};

// What the topic still holds of the records before these ends, and within the scope.
Readable find_readable(const kafka::ClientSettings& kafka, const std::string& topic,
                       const PartitionEnds& ends, const Scope& scope);

// What of a record is copied beside its bytes.
struct CopiedParts {
    bool headers = false;
    // The value as JSON, where it is written in another format. Unset: it isn't.
    std::function<std::optional<std::string>(std::string_view value)> document = {};
    // Hears of each record that is copied. Unset: nobody wants to.
    std::function<void(const engine::Record& record)> also = {};
};

// Copies these records, or the scope's sample of them, into pg_temp.tidewheel_raw, in pieces of
// some megabytes. `progress` hears how many more were read.
void copy_topic(const kafka::ClientSettings& kafka, const std::string& topic,
                const std::map<int, Span>& spans, const Scope& scope, const CopiedParts& parts,
                postgres::Session& session, const std::function<void(std::int64_t)>& progress);

}  // namespace tidewheel::verify
