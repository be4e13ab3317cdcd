#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tidewheel/engine/batch.hpp"
#include "tidewheel/engine/program.hpp"
#include "tidewheel/executor/stream_plan.hpp"
#include "tidewheel/postgres/session.hpp"

namespace tidewheel::executor {

// What a run needs of the session that holds the batch, within its transaction. As in
// postgres::Session, which it is outside of unit tests.
class BatchSession {
  public:
    virtual ~BatchSession() = default;
    virtual postgres::Rows run(const std::string& sql) = 0;
    virtual std::vector<postgres::Rows> run(std::span<const postgres::BinaryCommand> commands) = 0;
    postgres::Rows run(const std::string& sql, std::span<const std::string_view> parameters) {
        const postgres::BinaryCommand command{sql, parameters};
        return std::move(run(std::span(&command, 1)).front());
    }
    virtual std::size_t copy(const std::string& copy_statement, std::string_view payload) = 0;
    virtual postgres::CopyEncoder& encoder() = 0;
};

// The rows [first, last) of a batch. In the session, tidewheel_records (stage.hpp) shows these
// rows, without those that the stream's rules refuse.
struct BatchRange {
    const engine::Batch& batch;
    std::size_t first, last;
    // The rows that the stream's rules take, where they are known before the statements run: at
    // Pace::native.
    engine::RowNumbers accepted = {};
};

// Runs one statement over a batch, or several of them at once. Made for the statements that a lane
// runs together; used by one thread. That it runs in a transaction, under which search path and
// savepoints, and which record a refusal is blamed on, is its caller's business.
class StatementExecutor {
  public:
    virtual ~StatementExecutor() = default;
    // Never empty. The first one is blamed for what PostgreSQL refuses of several at once.
    virtual std::vector<const catalogue::StoredStatement*> statements() const = 0;
    // SQL that makes what it needs in a session, once a session; empty: nothing. Sessions that were
    // set up by the same text serve the same executors.
    virtual std::string setup() const { return {}; }
    // Which of the stream's columns it reads in the session. What it takes from the batch itself
    // need not be there.
    virtual std::vector<bool> needs() const = 0;
    // Whether it reads the batch in the session at all.
    virtual bool uses_stage() const { return true; }
    // Stores what these rows lead to. Returns how many rows each of statements() stored. Throws
    // DatabaseError; SharedPassError, when its statements can't be run at once.
    virtual std::vector<std::size_t> run(BatchSession& session, const BatchRange& range) = 0;
    // Does the same over no row at all: throws DatabaseError when PostgreSQL won't run it.
    virtual void rehearse(BatchSession& session) = 0;
};
using StatementExecutors = std::vector<std::unique_ptr<StatementExecutor>>;

// Whether statements may be run at once, or each of them has to be run alone: what one of them
// refuses, the others may take.
enum class Together { may, must_not };

// Makes the executors of some of a plan's statements, in the order in which they are to run: rows
// before views, so that the views' hot rows stay locked for less time. The plan outlives them.
using ExecutorFactory = std::function<StatementExecutors(
    const StreamPlan& plan, const std::vector<int>& statements, Together together)>;

// Everything in PostgreSQL, by the plan's scripts.
StatementExecutors pushdown_executors(const StreamPlan& plan, const std::vector<int>& statements,
                                      Together together);
// What the plan has native forms of is computed here, the rest in PostgreSQL. For Pace::native.
StatementExecutors native_executors(const StreamPlan& plan, const std::vector<int>& statements,
                                    Together together);

// The engine can't compute this batch exactly, or PostgreSQL would refuse a value in it: the whole
// of it has to run in PostgreSQL.
struct Declined {};

// The transaction has failed, and is to run once more in the same way: the executor does it
// otherwise then.
struct RunAgain {};

}  // namespace tidewheel::executor
