#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/catalogue/dead_letters.hpp"
#include "tidewheel/catalogue/waiting.hpp"
#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/stage_times.hpp"
#include "tidewheel/executor/statement_error.hpp"
#include "tidewheel/executor/statement_executor.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::executor {

class RuleJudge;
struct BatchRun;

// Native first, where the plan has native forms: what the engine can compute need not go through
// PostgreSQL. What it declines runs there as a whole: full. When PostgreSQL refuses something, carefully: every statement first over no row
// at all, then under savepoints, halving the batch until the refused rows are isolated and are
// judged (src/trial.hpp).
enum class Pace { native, full, careful };

// What happens to a record that the stream's own step refuses and that can't be judged for lack of
// neighbours: its lane waits for some; a redrive, of records that were parked before, parks it.
enum class Unjudged { wait, park };

// What a run has led to.
struct BatchResult {
    catalogue::DeadLetters dead_letters;
    std::vector<std::size_t> refused;                       // rows that break a rule of the stream
    std::vector<std::pair<int, std::size_t>> rows_written;  // by statement
    engine::StageClock clock;

    void clear();  // but the clock
};

// Runs batches through the statements of a stream, each in a transaction that the caller begins and
// ends: the lane's (batch_writer.hpp), or that of a redrive. One thread. Every session that it is
// given has been prepared by open() of an executor of the same preparation().
class BatchExecutor {
  public:
    // The plan must outlive the executor. executors: who runs the statements.
    explicit BatchExecutor(const StreamPlan& plan, Unjudged unjudged = Unjudged::wait,
                           ExecutorFactory executors = pushdown_executors);
    ~BatchExecutor();

    // Makes the temporary relations, in a session that has none.
    void open(postgres::Session& session) const;
    // What open() does, as text.
    std::string preparation() const;
    // What the statements wait at: a record that has been refused for a minute is judged on less
    // evidence.
    void set_waiting(std::vector<catalogue::Waiting> waiting) { waiting_ = std::move(waiting); }
    // Within an open transaction: stages the batch, applies the stream's rules, runs these
    // statements of the plan. Throws DatabaseError: `refused` at full pace is no verdict, the
    // transaction has to run again carefully; then StatementError or RefusedRecord. Throws
    // SharedPassError; at Pace::native also Declined: it has to run again, at full pace.
    void run(postgres::Session& session, const engine::Batch& batch,
             const std::vector<int>& statements, Pace pace);
    // Empties what the run staged, for another run in the same transaction.
    void clear_stage(postgres::Session& session) const;

    // What the last run led to.
    catalogue::DeadLetters& dead_letters() { return result_.dead_letters; }
    const std::vector<std::size_t>& refused() const { return result_.refused; }
    const std::vector<std::pair<int, std::size_t>>& rows_written() const {
        return result_.rows_written;
    }
    // A run enters the stages from `stage` to `views`; those around it are its caller's.
    engine::StageClock& clock() { return result_.clock; }

  private:
    // What is sent to the session.
    struct Staging {
        std::vector<bool> columns;  // of the stream
        std::string copy;           // by this command
    };
    // The executors of some statements, kept until others are asked for.
    struct Selection {
        std::vector<int> statements;
        StatementExecutors executors;
        Staging staging;           // what they need in the session; known where there is a judge_
        bool in_postgres = false;  // some of them read the stage
    };
    void select(Selection& selection, const std::vector<int>& statements, Together together,
                const ExecutorFactory& make) const;
    Selection& selection_for(const std::vector<int>& statements, Pace pace);
    Staging staging(std::vector<bool> columns, const StatementExecutors& executors) const;
    void run_once(postgres::Session& session, const engine::Batch& batch,
                  const std::vector<int>& statements, Pace pace);
    void judge(BatchRun& run, const Selection& selection);
    void stage(BatchRun& run);

    const StreamPlan& plan_;
    Unjudged unjudged_;
    ExecutorFactory make_executors_;    // of full and careful pace
    std::unique_ptr<RuleJudge> judge_;  // none: the stream's rules are PostgreSQL's to apply
    Selection native_, together_, alone_;
    bool pass_failed_ = false;  // PostgreSQL would mix up the views' keys in a shared pass
    Staging all_;               // for the rules and all statements
    std::vector<std::uint32_t> accepted_;
    std::vector<catalogue::Waiting> waiting_;
    BatchResult result_;
};

}  // namespace tidewheel::executor
