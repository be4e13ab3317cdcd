#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

// Who may move the progress of a partition (progress.hpp). A claim takes a new epoch in PostgreSQL,
// so whatever an earlier owner still has in flight no longer matches (the protocol:
// docs/adr/0002-exactly-once.md).
namespace tidewheel::catalogue {

struct LaneClaim {
    std::string topic;
    int partition;
    std::vector<int> statements;  // the lane's
    // The partition's oldest offset; nullopt: not known. Statements that haven't begun need it.
    std::optional<std::int64_t> first = {};
    std::optional<std::string> topic_id = {};  // as Kafka has it now; nullopt: not known
    std::int64_t epoch = 0;                    // set by claim()
    // Set by claim(): where to read from. It includes each statement's last record, if the
    // partition still has it, so that the lane sees whether it reads the same log.
    std::int64_t start = 0;
};

// A statement that can't continue in a partition, until a human decides (engine::MissingData).
struct MissingPlace {
    int statement;
    std::string name, topic;
    int partition;
    std::string reason;
};

// All that are recorded. claim() takes none of them.
std::vector<MissingPlace> missing_places(postgres::Connection& connection);

// Who claims: an instance of a service, and the consumer group that gave it the partitions. A topic
// that several streams read is shared out by several groups: an instance then is a claimant for
// each of them, and none of these touches what another has claimed.
struct Claimant {
    std::string owner;
    std::string group = {};                    // empty: no group (a rebuild)
    std::optional<std::int64_t> session = {};  // by which it shows its presence (backend_mark.hpp)
};

// The lanes in which some statement has not begun: they need `first`, the partition's oldest
// offset.
std::vector<LaneClaim*> unbegun(postgres::Connection& connection, std::vector<LaneClaim>& lanes);

// Claims all these lanes for `claimant` in one short transaction and sets their epoch and start.
// Backends that apply a batch for the previous owners are ended, so that a frozen one's locks are
// released.
// Throws DatabaseError; unavailable when a lock is not granted within 3 s, or when the catalogue no
// longer has the version that the lanes were planned by.
void claim(postgres::Connection& connection, const Claimant& claimant,
           std::vector<LaneClaim>& lanes, std::int64_t catalogue_version);

// The claimant no longer runs anything in this partition: it has no owner.
void release(postgres::Connection& connection, const Claimant& claimant, const std::string& topic,
             int partition);

// The newest epoch in each partition that the claimant holds, by topic and partition.
std::map<std::pair<std::string, int>, std::int64_t> epochs_of(postgres::Connection& connection,
                                                              const Claimant& claimant);

// Whether the lane has not been claimed by another since. False also where a change of what it runs
// has fenced it.
bool is_still_of(postgres::Connection& connection, const Claimant& claimant, const LaneClaim& lane);

// A partition that two consumer groups take from each other repeatedly: each claim ends the other's
// batch.
struct Rivalry {
    int statement;
    std::string topic;
    int partition;
    Claimant owner, rival;  // the present owner, and the last one of another group
    int times;              // recent changes from one group to the other

    std::string text() const;
    static const char* hint();
};
// All within the last three minutes.
std::vector<Rivalry> rivalries(postgres::Connection& connection);

// Whether PostgreSQL is at work for this owner of a partition, or was within ten seconds: its
// session runs a statement, and doesn't wait for the client in the middle of it.
bool is_served(postgres::Connection& connection, const Claimant& claimant, const std::string& topic,
               int partition);

}  // namespace tidewheel::catalogue
