#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/engine/lane.hpp"
#include "tidewheel/postgres/connection.hpp"

// Who may move the progress of a partition, and how far it is. A claim takes a new epoch in
// PostgreSQL, so whatever an earlier owner still has in flight no longer matches (the protocol:
// docs/adr/0002-exactly-once.md).
namespace tidewheel::postgres {

struct LaneClaim {
    std::string topic;
    int partition;
    std::vector<int> statements;             // the lane's
    std::optional<std::int64_t> first = {};  // where those begin that haven't yet (see unbegun())
    std::int64_t epoch = 0;                  // set by claim()
    std::int64_t start = 0;  // set by claim(): the lowest next_offset of its statements
};

// The lanes in which some statement has not begun: they need `first`, the partition's oldest
// offset.
std::vector<LaneClaim*> unbegun(Connection& connection, std::vector<LaneClaim>& lanes);

// Claims all these lanes for `owner` in one short transaction and sets their epoch and start.
// Backends of the owners until now are ended, so that what a frozen one has locked gets free.
// Throws DatabaseError; unavailable when a lock isn't to be had within 3 s, or when the catalogue
// is not of the version that the lanes were planned by any more.
void claim(Connection& connection, const std::string& owner, std::vector<LaneClaim>& lanes,
           std::int64_t catalogue_version);

// Once the transaction is committed, no batch of these statements commits under a claim that was
// made before. Waits for those that are committing. Raise the catalogue's version first: a claim
// holds on to it, so that none can slip in between.
void fence(Transaction& transaction, const std::vector<int>& statements);

// Whether PostgreSQL is at work for this owner of a partition, or was within ten seconds: its
// session runs a statement, and doesn't wait for the client in the middle of it.
bool is_served(Connection& connection, const std::string& owner, const std::string& topic,
               int partition);

}  // namespace tidewheel::postgres
