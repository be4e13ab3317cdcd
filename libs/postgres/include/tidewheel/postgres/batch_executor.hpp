#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/dead_letters.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/postgres/stream_plan.hpp"

namespace tidewheel::postgres {

// Full speed first. When PostgreSQL refuses something, carefully: every statement first over no row
// at all, then under savepoints, halving the batch until the refused rows stand alone and are
// parked.
enum class Pace { full, careful };

// PostgreSQL won't run a statement, and no row is to blame: its table is gone, or what one of its
// functions needs is.
class StatementError : public Error {
  public:
    StatementError(const StoredStatement& statement, const DatabaseError& error)
        : Error(Kind::pipeline, "statement " + statement.statement.name + ": " + error.what(),
                error.hint()),
          statement_(statement.id),
          stopped_{statement.statement.name, error.what(), error.hint()} {}
    int statement() const { return statement_; }
    const StoppedStatement& stopped() const { return stopped_; }

  private:
    int statement_;
    StoppedStatement stopped_;
};

// Views that were to share a pass can't (see view_script). The executor takes note: after a
// rollback the same batch goes through.
class SharedPassError : public Error {
  public:
    explicit SharedPassError(const std::string& topic)
        : Error(Kind::unavailable, "the views of topic " + topic + " can't share a pass") {}
};

// Runs batches through the statements of a stream, each in a transaction that the caller begins and
// ends: the lane's (batch_writer.hpp), or that of a redrive. One thread.
class BatchExecutor {
  public:
    explicit BatchExecutor(const StreamPlan& plan);  // must outlive the executor

    // Makes the temporary relations. The session must outlive the next run() or open().
    void open(Session& session);
    // Within an open transaction: stages the batch, applies the stream's rules, runs these
    // statements of the plan. Throws DatabaseError: `refused` at full pace is no verdict, the
    // transaction has to run again carefully; then StatementError. Throws SharedPassError.
    void run(const engine::Batch& batch, const std::vector<int>& statements, Pace pace);
    // Empties what the run staged, for another run in the same transaction.
    void clear_stage();

    // What the last run led to.
    DeadLetters& dead_letters() { return dead_letters_; }
    // The batch's rows that break a rule of the stream.
    const std::vector<std::size_t>& refused() const { return refused_; }
    // Rows by statement.
    const std::vector<std::pair<int, std::size_t>>& rows_written() const { return written_; }

  private:
    // Runs over the rows [first, last) of the batch.
    using RunRange = std::function<void(std::size_t first, std::size_t last)>;

    void stage_all(const engine::Batch& batch, Pace pace);
    void stage(const engine::Batch& batch, std::size_t first, std::size_t last);
    void validate(const engine::Batch& batch, Pace pace);
    void find_refused(const engine::Batch& batch);
    void refuse(const engine::Batch& batch, std::size_t row, engine::Reject reject);
    void drop_refused();
    void apply(const engine::Batch& batch, const std::vector<int>& statements, Pace pace);
    void apply_views(const engine::Batch& batch, Pace pace,
                     const std::vector<const StoredStatement*>& pass);
    std::vector<std::vector<const StoredStatement*>> passes_of(
        const std::vector<const StoredStatement*>& views, Pace pace) const;
    void run_statement(const engine::Batch& batch, Pace pace, const StoredStatement& statement,
                       const std::string& script, const RunRange& run);
    void rehearse(const std::string& script);
    std::size_t apply_rows(const StreamPlan::RowTask& task);
    void halve(const engine::Batch& batch, const RunRange& run,
               const std::function<void(std::size_t, const DatabaseError&)>& park,
               std::size_t first, std::size_t last);
    void use_path(const std::string& search_path);

    const StreamPlan& plan_;
    Session* session_ = nullptr;
    CopyEncoder encoder_;
    std::string path_;          // the search path in force, in this run
    bool views_alone_ = false;  // PostgreSQL would mix up the views' keys in a shared pass
    DeadLetters dead_letters_;
    std::vector<std::size_t> refused_;
    std::vector<std::pair<int, std::size_t>> written_;
};

}  // namespace tidewheel::postgres
