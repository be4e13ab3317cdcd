#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/postgres/connection.hpp"

// What a kind of sink implements: where rows go to. Everything else (claims, order, retries, dead
// letters, positions, metrics) is the loop's (service.hpp).
namespace tidewheel::delivery {

struct OutboxRow {
    std::int64_t seq = 0;  // rises within a lane; the same whenever the row is given again
    std::string json;      // the user's columns as PostgreSQL's row_to_json has them; see RowForm
    std::vector<std::optional<std::string>> values = {};  // their texts in PostgreSQL's form
    std::chrono::milliseconds age{0};                     // since it was stored
    std::chrono::sys_time<std::chrono::microseconds> stored_at{};  // rises within a lane
};

enum class RowForm {
    json,    // OutboxRow::json alone
    values,  // OutboxRow::values alone, in the order of the sink's columns
};

// One lane of one subscriber: what a Destination is for. A redelivery of single rows, out of their
// order, has a lane of its own.
inline constexpr catalogue::OutboxLane redelivery_lane{-2, -2};
struct Place {
    const catalogue::StoredSink& sink;  // valid during open() alone
    std::string subscriber;             // '' where the sink has one only
    catalogue::OutboxLane lane;
    std::int64_t seq = 0;  // the last row that is done
    std::string note;      // what was committed with it; '' at first
    std::int64_t row = 0;  // the number of the row that is delivered again; 0: it is a lane
};

struct Failure {
    std::string reason;                                         // for people
    std::optional<std::chrono::milliseconds> retry_after = {};  // not before: the far side's wish
    // The row will never be taken: it is set aside at once, and those behind it go on.
    bool is_final = false;
    // The fault lies here, in a setting or a file: whatever it takes, no row is set aside for it.
    bool is_ours = false;
};

// What has become of the rows that deliver() was given. Rows that it has taken, but that are not
// done, are not given again to this Destination; they are to the next one, which is made after a
// failure, a restart or when the lane goes to another service.
struct Delivered {
    // All rows up to this one are where they belong, for good. 0: nothing new is.
    std::int64_t through = 0;
    // The last row that it has taken, done or not: those behind it are given again, to this
    // Destination. 0: all. For those that give up their thread before it takes too long.
    std::int64_t taken = 0;
    // Committed with `through`, in one transaction. Ignored where `through` is 0.
    std::string note = {};
    // What was delivered is not there, or not known to be: every row that is kept is given again,
    // from the first one, to a new Destination. The note is committed with that.
    bool rewind = false;
    // The first row that is not done could not be delivered. It is tried again after a while, in a
    // new Destination, with all that follow it; or set aside, if that has gone on for too long.
    std::optional<Failure> failure = {};
};

// Used by one thread at a time; not always the same one.
class Destination {
  public:
    virtual ~Destination() = default;
    // The rows follow those that it was given before, in the order of the lane. Blocks. None: it is
    // called like this when Kind::tick has passed and no row waits, to finish what it holds. Gives up
    // soon when a stop is asked for: what it says then is committed, too.
    // Throws Error for what is no failure of these rows alone; it is treated as one.
    virtual Delivered deliver(std::span<const OutboxRow> rows, std::stop_token stop) = 0;
};

struct Subscriber {
    std::string name;
    bool from_beginning = true;  // when it is seen for the first time
    // Where rows go, in a word of the kind's own: destinations are made again when it changes.
    std::string version = {};
};

// A kind of sink. Called by the service's own thread alone.
class Kind {
  public:
    virtual ~Kind() = default;
    virtual std::string server() const = 0;  // of CREATE FOREIGN TABLE … SERVER
    virtual RowForm form() const = 0;
    // SQL of type text over the row `o` of the outbox, instead of its columns: one expression that
    // makes OutboxRow::json, or each of OutboxRow::values. Empty: what RowForm says.
    virtual std::vector<std::string> expressions(const catalogue::StoredSink&) const { return {}; }
    // How many rows deliver() is given at most.
    virtual std::size_t most_rows(const catalogue::StoredSink&) const { return 200; }
    // A row that fails for longer becomes undelivered, and those behind it go on; nothing: never.
    virtual std::optional<std::chrono::milliseconds> retry_for(
        const catalogue::StoredSink& sink) const {
        return sink.retry_for;
    }
    // How often deliver() is called without rows; 0: never.
    virtual std::chrono::milliseconds tick() const { return {}; }
    // Whether that is done in lanes to which nothing was handed on yet, too.
    virtual bool ticks_idle_lanes() const { return false; }
    // Who gets the sink's rows now; asked every second, and before new rows are handed on if they
    // are in a table. Throws Error where that can't be told: it
    // stays as it was.
    virtual std::vector<Subscriber> subscribers(postgres::Transaction&,
                                                const catalogue::StoredSink&) {
        return {Subscriber{}};
    }
    virtual std::unique_ptr<Destination> open(const Place& place) = 0;
    // Of a sink that keeps the newest row of each key after it was delivered.
    virtual std::optional<catalogue::Compaction> compaction(const catalogue::StoredSink&) const {
        return std::nullopt;
    }
};

}  // namespace tidewheel::delivery
