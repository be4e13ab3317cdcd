#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/engine/decoder.hpp"
#include "tidewheel/executor/batch_executor.hpp"

namespace tidewheel::executor {

// The result of redriving some dead letters.
struct Redriven {
    std::size_t stored = 0;   // every statement that missed the record has it now
    std::size_t waiting = 0;  // one of them can't be run now, and still misses it
    std::map<std::string, std::size_t> refused;  // again, by reason

    void add(const Redriven& more);
};

// The answer to a COMMIT was lost.
class InDoubtError : public Error {
  public:
    InDoubtError(const Error& lost, std::string transaction, Redriven done)
        : Error(Kind::unavailable, lost.what(), lost.hint()),
          transaction_(std::move(transaction)),
          done_(std::move(done)) {}
    const Redriven& done() const { return done_; }  // if it was committed

    // Asks PostgreSQL. Throws Error: unavailable, while the transaction is not over.
    bool was_committed(postgres::Connection& connection) const;

  private:
    std::string transaction_;
    Redriven done_;
};

enum class RedriveOutcome { keep, undo };  // undo: only to see the result

// Runs dead letters of one stream through the statements that missed them (dead_letters.missed_by),
// by the executor that the lanes run. One thread; it never reconnects.
//
// A batch is one transaction, which locks the dead letters: what it stores, and the dead letters
// that say it is missing, change together or not at all. So nothing is stored twice, even if others
// redrive at the same time or it is killed. Lanes needn't be kept out: what a lane parks or stores
// meanwhile is its own statements' share of the record, and it says so in missed_by.
class Redrive {
  public:
    // `plan` (of all the stream's statements) and `decoder` (for plan.schema) must outlive it.
    Redrive(const std::string& url, const StreamPlan& plan, std::int64_t catalogue_version,
            engine::Decoder& decoder);

    // These dead letters, of one partition; those that are gone or discarded meanwhile are skipped.
    // Throws Error: unavailable when it is to be tried again (after a deadlock, a wait for a lock,
    // a change of the catalogue), which is safe after an InDoubtError, too; StatementError when a
    // statement can no longer be run.
    Redriven run(const std::vector<std::int64_t>& dead_letters, RedriveOutcome outcome);

  private:
    struct DeadLetter {
        std::int64_t id;
        int statement;               // DeadLetters::stream_rules: none
        std::vector<int> missed_by;  // of the plan's statements
        engine::Record record;
    };
    using DeadLetterBatch = std::vector<DeadLetter>;

    Redriven attempt(const std::vector<std::int64_t>& ids, RedriveOutcome outcome, Pace pace);
    void require_catalogue();
    DeadLetterBatch lock(const std::vector<std::int64_t>& ids);
    std::vector<DeadLetterBatch> batches_of(DeadLetterBatch dead_letters) const;
    Redriven run_batch(DeadLetterBatch& dead_letters, Pace pace);
    Redriven settle(const DeadLetterBatch& dead_letters);
    void commit(const Redriven& done);

    const StreamPlan& plan_;
    std::int64_t catalogue_version_;
    engine::Decoder& decoder_;
    postgres::Session session_;
    BatchExecutor executor_;
    engine::Batch batch_;
    std::vector<int> statements_;  // the plan's
    // Of this transaction:
    std::map<int, std::size_t> rows_written_;  // by statement
    std::optional<std::int64_t> watermark_;
};

}  // namespace tidewheel::executor
