#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

// The table tidewheel.sources: which instance fetches a stream's records from its source, and how
// far it has come. A claim is a lease: it holds for source_lease after it was renewed, by
// PostgreSQL's clock. Its owner stops earlier, by its own clock, which runs while the process is
// frozen: so two owners never fetch at the same time, whether one was frozen or can't reach
// PostgreSQL. (Only where that clock stands still, as in a machine that is suspended, does it continue
// until its next renewal, two seconds later.) Every function throws DatabaseError.
namespace tidewheel::catalogue {

inline constexpr std::chrono::seconds source_lease{10};

using WallTime = std::chrono::system_clock::time_point;

// What must survive its owner. All of it is in Kafka.
struct SourceState {
    std::optional<WallTime> complete_until = {};  // see the migration
    std::optional<WallTime> polled_at = {};
    std::string etag, body_hash;  // empty: none
    std::int64_t records = 0;
    std::optional<std::string> trouble = {};
    std::optional<WallTime> trouble_since = {};
    bool operator==(const SourceState&) const = default;
};

struct SourceClaim {
    int stream = 0;
    std::int64_t epoch = 0;
    SourceState state;  // as it was left
};

// Takes a source that nobody holds; nullopt: somebody does. A source with another URL than before
// begins again.
std::optional<SourceClaim> claim_source(postgres::Connection& connection, int stream,
                                        const std::string& url, const std::string& owner);
// Renews the claim, and stores the state. False: it is not ours any more, and nothing was stored.
bool renew_source(postgres::Connection& connection, const SourceClaim& claim,
                  const SourceState& state);
// The same, and nobody holds it from now on.
void release_source(postgres::Connection& connection, const SourceClaim& claim,
                    const SourceState& state);

// Of a poll by hand, beside an owner or not: the body that was found and stored, at the server's
// time.
SourceState source_state(postgres::Connection& connection, int stream, const std::string& url);
void note_poll(postgres::Connection& connection, int stream, const std::string& url,
               const std::string& etag, const std::string& body_hash, std::int64_t records);

// For people.
struct SourceStatus {
    std::string stream, url;
    std::optional<std::string> owner;  // that renewed its claim in time
    SourceState state;
    bool is_paused = false;  // the stream is
};
std::vector<SourceStatus> source_statuses(postgres::Connection& connection);

}  // namespace tidewheel::catalogue
