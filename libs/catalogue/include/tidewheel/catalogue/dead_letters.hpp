#pragma once
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/reject.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/session.hpp"

// Writes tidewheel.dead_letters; nothing else does (lint). Every function throws DatabaseError.
namespace tidewheel::catalogue {

// The dead letters of one batch, gathered while it runs and stored in its transaction.
class DeadLetters {
  public:
    // As `statement`: the stream's own rules refused the record.
    static constexpr int stream_rules = 0;

    // DDL of the temporary table that store() goes through, once a session.
    static std::string setup();

    void clear() {
        parked_.clear();
        staged_ = 0;
    }
    // For savepoints: what was parked after the mark is forgotten by back_to(mark).
    std::size_t mark() const { return parked_.size(); }
    void back_to(std::size_t mark) {
        parked_.erase(parked_.begin() + static_cast<std::ptrdiff_t>(mark), parked_.end());
    }
    // `record` must live until store().
    void park(const engine::Record& record, int statement, engine::Reject reject);
    // Sends PostgreSQL what was parked so far: before the batch takes locks that others wait for,
    // since only our end would release them if we froze in a COPY.
    void stage(postgres::Session& session);
    // Writes all of them to tidewheel.dead_letters. What the stream's rules refused is missed by
    // all of `statements`, which read it in this transaction; to a dead letter that exists already
    // (parked by the other service) they are added. Returns the reasons.
    std::vector<engine::Reason> store(postgres::Session& session, int stream,
                                      const std::string& topic, int partition,
                                      std::vector<int> statements);

    struct Parked {
        const engine::Record* record;
        int statement;
        engine::Reject reject;
    };
    std::span<const Parked> parked() const { return parked_; }

  private:
    void encode(const Parked& parked);

    std::vector<Parked> parked_;
    std::size_t staged_ = 0;  // of them
    postgres::CopyEncoder encoder_;
};

// The record that a dead letter holds, from a row of tidewheel.dead_letters: these columns of it,
// from the first-th on. The record owns its memory.
inline constexpr const char* record_columns =
    "partition, \"offset\", CASE record_time WHEN 'infinity' THEN 9223372036854775807 WHEN "
    "'-infinity' THEN -9223372036854775807 ELSE coalesce((extract(epoch FROM record_time) * "
    "1000)::bigint, -1) END, encode(key, 'hex'), headers, encode(payload, 'hex')";
engine::Record read_record(const postgres::Row& row, std::size_t first);

// A redrive, in its transaction, with these dead letters locked: what was refused again is in
// tidewheel_parked (DeadLetters::stage), by its offset, of which each has one. They take reason and
// detail from there.
void park_again(postgres::Session& session, const std::vector<std::int64_t>& ids);
// The same: these statements no longer miss the records. A dead letter that no statement misses is
// deleted; returns those.
std::set<std::int64_t> take_off(postgres::Session& session, const std::vector<std::int64_t>& ids,
                                const std::vector<int>& statements);

// Deletes key, headers and payload. The rows stay, so that it can be found later that these offsets
// were discarded, and why. Locks in the order in which a redrive locks. Returns how many were not
// discarded yet.
std::int64_t discard(postgres::Connection& connection, const std::vector<std::int64_t>& ids);

// The statement will read the partition again from this offset on: it no longer misses what it
// missed there.
void forget_missed(postgres::Transaction& transaction, int statement, const std::string& topic,
                   int partition, std::int64_t from);
// Removes the statement, which is about to be deleted, from all dead letters.
void forget_missed(postgres::Transaction& transaction, int statement);
// The view misses what its shadow missed. (What the view itself misses there: forget_missed.)
void take_dead_letters_of_shadow(postgres::Transaction& transaction, int view, int shadow);
// The topic was created again (see begin_topic_again): its offsets mean other records. What a
// statement misses that is in the new topic already stays.
void delete_dead_letters(postgres::Transaction& transaction, const std::string& topic,
                         const std::vector<Reading>& in_it);
// How many each statement has missed and nobody has discarded; counted up to `most` in all.
std::map<int, std::int64_t> count_dead_letters(postgres::Connection& connection, std::int64_t most);
// How many that would delete.
std::int64_t count_dead_letters_to_delete(postgres::Transaction& transaction,
                                          const std::string& topic,
                                          const std::vector<Reading>& in_it);

}  // namespace tidewheel::catalogue
