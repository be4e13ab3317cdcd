#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/sql/pipeline.hpp"

// Sinks, and the outboxes that hold their rows: nothing else writes tidewheel.sinks (lint).
namespace tidewheel::catalogue {

struct StoredSink {
    int id = 0;
    std::string uid;                // in the ids of what is delivered
    sql::Sink sink;                 // name is always schema-qualified here
    std::string subscribers_table;  // qualified and quoted; empty: one subscriber, named ''
    std::optional<std::chrono::milliseconds> retry_for;
    std::chrono::milliseconds keep{0};
    bool is_paused = false;  // its rows stay where they are
    // INSERT INTO a stream: its rows become the stream's records. `sink` is its outbox then.
    std::optional<sql::Stream> stream = {};

    // What the user calls it.
    const sql::RelationName& title() const { return stream ? stream->name : sink.name; }
};

// The lane of an outbox: a stream in a partition; both -1 for rows that no service has stored.
// Within a lane, numbers rise in the order of the commits.
struct OutboxLane {
    int stream = -1;
    int partition = -1;
    auto operator<=>(const OutboxLane&) const = default;
};

// Makes the outbox of a new sink: an ordinary table of its name, with the user's columns and ours.
// The sink's own DDL has run. `name` is qualified.
void make_outbox(postgres::Transaction& transaction, const sql::RelationName& name);
// A sink that is new, or whose options have changed. Its object is recorded. Throws DatabaseError
// for an interval that PostgreSQL doesn't take.
void record_sink(postgres::Transaction& transaction, const std::string& object,
                 const sql::RelationName& name, const sql::Sink& sink,
                 const std::string& subscribers_table);
// A stream that statements write to, for the first time.
void record_sink_of_stream(postgres::Transaction& transaction, int stream,
                           const sql::RelationName& outbox);
std::vector<StoredSink> read_sinks(postgres::Connection& connection);
// What has to be done before the sink's object is forgotten.
std::string drop_outbox(const sql::RelationName& name);

std::optional<int> find_sink(postgres::Transaction& transaction, const std::string& object);
std::optional<int> find_sink_of_stream(postgres::Transaction& transaction, int stream);
// False: it was so already.
bool record_sink_pause(postgres::Transaction& transaction, int sink, bool is_paused);
bool is_sink(postgres::Transaction& transaction, const sql::RelationName& table);

// A SELECT of an outbox: the lanes that hold rows, and the number of the last row of each, as
// tidewheel_stream, tidewheel_partition, tidewheel_seq. As quick as there are lanes.
std::string select_lane_ends(const sql::RelationName& outbox);
// A SELECT of the rows that the subscriber of sink $1 named $2 has not got yet, as
// tidewheel_stored_at. As quick as there are such rows: others may be kept beside them.
std::string select_waiting(const sql::RelationName& outbox);

// An outbox that keeps the newest row of each key. SQL; the last two are over a row `o`: it deletes
// its key, or all rows of its lane before it (empty: none does).
struct Compaction {
    std::string table, key, deletion, truncation;
};

// From here on the outbox keeps rows that were delivered, the newest of each key: the column has no
// NULLs and an index, and the table's size is no longer what waits.
void keep_newest(postgres::Transaction& transaction, const sql::RelationName& outbox,
                 const std::string& key);

// Two items of a SELECT: the transaction stores rows for this lane. Arguments: SQL of type text.
std::string set_lane(const std::string& stream, const std::string& partition);

}  // namespace tidewheel::catalogue
