#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/reject.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::postgres {

// The dead letters of one batch, gathered while it runs and stored in its transaction.
class DeadLetters {
  public:
    static constexpr int stream_rules =
        0;  // as `statement`: the stream's own rules refused the record

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
    // since nothing but our end frees them while we are frozen in a COPY.
    void stage(Session& session);
    // Writes all of them to tidewheel.dead_letters. What the stream's rules refused is missed by
    // all of `statements`, who read it in this transaction; to one that is there already (parked by
    // the other service) they are added. Returns the reasons.
    std::vector<engine::Reason> store(Session& session, int stream, const std::string& topic,
                                      int partition, std::vector<int> statements);

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
    CopyEncoder encoder_;
};

// The record that a dead letter holds, out of a row of tidewheel.dead_letters: these columns of it,
// from the first-th on. The record owns its memory.
inline constexpr const char* record_columns =
    "partition, \"offset\", (extract(epoch FROM record_time) * 1000)::bigint, encode(key, 'hex'), "
    "headers, encode(payload, 'hex')";
engine::Record read_record(const Row& row, std::size_t first);

// The statement will read the partition again from this offset on: what it missed there, it misses
// no more.
void forget_missed(Transaction& transaction, int statement, const std::string& topic, int partition,
                   std::int64_t from);

}  // namespace tidewheel::postgres
