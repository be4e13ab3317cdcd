#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/postgres/connection.hpp"

// Who delivers a sink's rows to a subscriber, and how far it has come: nothing else writes
// tidewheel.deliveries, tidewheel.delivery_positions and tidewheel.undelivered (lint). Every
// function throws DatabaseError.
namespace tidewheel::catalogue {

// Lanes that hold rows, and the number of the last row of each.
using LaneEnds = std::map<OutboxLane, std::int64_t>;

struct DeliveryKey {
    int sink = 0;
    std::string subscriber;
    auto operator<=>(const DeliveryKey&) const = default;
};

struct DeliveryPosition {
    OutboxLane lane;
    std::int64_t seq = 0;                                       // the last row that is done
    std::optional<std::chrono::milliseconds> failing_for = {};  // no delivery has succeeded since
    std::string note = {};                                      // of the kind of sink
};

// What an owner has under its claim.
struct Delivery {
    DeliveryKey key;
    std::int64_t epoch = 0;
    std::int64_t start = 0;  // lanes without a position begin after this row
    std::vector<DeliveryPosition> positions;
};

struct NewSubscriber {
    std::string name;
    bool from_beginning = false;  // with the oldest row that is left; else with the next one
};

// Where the lanes of the outbox ended before the subscribers were read: at this time, and at the
// last time that is known. Whoever is new was not yet there at that time.
struct LanesRead {
    LaneEnds now;
    LaneEnds before;
};
// Reads the sink's subscribers, one service after the other: others than these are forgotten, with
// their positions. A new one gets every row that was stored after its own row was committed: it
// begins behind `before`, or behind what is noted. `note`: rows up to `now` may be deleted from here
// on, once all subscribers have them. Without that, those stay which a subscriber that is yet to be
// read may need. What `read` throws passes through, and nothing has changed.
void register_subscribers(
    postgres::Connection& connection, const StoredSink& sink, const LanesRead& lanes, bool note,
    const std::function<std::vector<NewSubscriber>(postgres::Transaction&)>& read);

// Of tidewheel.deliveries: a subscriber. The other rows, one for each sink with a table of
// subscribers, say by their positions up to where that table has been read.
inline constexpr const char* is_subscriber = "start_seq >= 0";

// A service that delivers: several kinds of them may run under one instance's name.
struct DeliveryOwner {
    std::string instance;
    std::string server;  // of the sinks that it delivers: webhook
};

// Takes those of these sinks that have no owner, or one that has been silent for ten seconds.
std::vector<Delivery> claim_deliveries(postgres::Connection& connection, const DeliveryOwner& owner,
                                       const std::vector<int>& sinks);
struct Kept {
    DeliveryKey key;
    std::int64_t epoch = 0;
};
// The owner is alive; what is still its own. To be called every few seconds.
std::vector<Kept> keep_deliveries(postgres::Connection& connection, const DeliveryOwner& owner);
// They have no owner.
void release_deliveries(postgres::Connection& connection, const DeliveryOwner& owner);

struct ParkedRow {
    std::int64_t seq = 0;
    std::string row_json;
    std::chrono::milliseconds age{0};
};

// What a delivery has come to, in one lane.
struct DeliveryStep {
    DeliveryKey key;
    std::int64_t epoch = 0;
    OutboxLane lane;
    std::int64_t from = 0, to = 0;  // the position before, and now
    std::size_t delivered = 0;      // rows
    std::string note = {};
    std::string failure = {};            // of the row after those; empty: none
    std::vector<ParkedRow> parked = {};  // of those that `to` passes, in order
    bool recovered = false;              // no row was delivered, and nothing fails any more
    // Older rows than those that `to` passes, of the same keys, are deleted; so are deletions.
    std::optional<Compaction> compaction = {};
};
// Compare and swap, all in one transaction; by step, whether it was still the owner's, at `from`.
std::vector<bool> commit_deliveries(postgres::Connection& connection,
                                    const std::vector<DeliveryStep>& steps);

// A row that its subscriber did not take in time, and that somebody wants to be tried again.
struct Redelivery {
    DeliveryKey key;
    std::int64_t id = 0, seq = 0;
    std::string row_json;
};
// Of the owner's subscribers, but for sinks that are paused.
std::vector<Redelivery> redeliveries(postgres::Connection& connection, const std::string& owner,
                                     int most);
// It was taken; or, with the reason, it was not, and waits for the next redrive.
void end_redelivery(postgres::Connection& connection, std::int64_t id, const std::string& reason);
// How long its rows have failed counts from now on: while it was paused, nothing was tried.
void forgive_failures(postgres::Transaction& transaction, int sink);
// How many rows are tried again. subscriber: nothing: all.
std::size_t request_redelivery(postgres::Transaction& transaction, int sink,
                               const std::optional<std::string>& subscriber);

}  // namespace tidewheel::catalogue
