#include "tidewheel/executor/batch_writer.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>

#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/catalogue/sinks.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel/postgres/pooler.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::executor {
namespace {

using postgres::sqlstate::deadlock_detected;
// Of one batch, before the lane reports its deadlocks.
constexpr RetryPolicy after_deadlock{.first = std::chrono::milliseconds(10),
                                     .longest = std::chrono::milliseconds(200),
                                     .most_retries = 8};

engine::StatementProgress read_progress(const postgres::Row& row) {
    engine::StatementProgress progress{static_cast<int>(row.integer(0)), row.integer(1)};
    if (!row.is_null(2))
        progress.last = engine::Fingerprint{row.integer(2), row.integer(3), row.integer(4)};
    if (!row.is_null(5)) progress.topic_id = row.text(5);
    return progress;
}

}  // namespace

// A session for one transaction.
class BatchWriter::Turn {
  public:
    // preparation: what the session has to be prepared with; empty: nothing.
    Turn(BatchWriter& writer, const std::string& preparation)
        : writer_(writer),
          lease_(writer.pool_.lease({preparation, writer.still_wanted_, writer.failed_at_})) {
        const std::lock_guard lock(writer_.session_mutex_);
        writer_.session_ = &lease_.session();
    }
    ~Turn() {
        const std::lock_guard lock(writer_.session_mutex_);
        writer_.session_ = nullptr;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    void prepare() {
        postgres::Session& session = lease_.session();
        if (lease_.prepared_with() == writer_.preparation_) return;
        if (!lease_.prepared_with().empty()) session.discard();
        writer_.executor_.open(session);
        lease_.prepared(writer_.preparation_);
    }
    void done() { lease_.keep(); }

  private:
    BatchWriter& writer_;
    SessionPool::Lease lease_;
};

BatchWriter::BatchWriter(SessionPool& pool, std::string lane, const StreamPlan& plan,
                         catalogue::LaneClaim claim, std::function<bool()> still_wanted)
    : pool_(pool),
      lane_(std::move(lane)),
      plan_(plan),
      claim_(std::move(claim)),
      still_wanted_(std::move(still_wanted)),
      executor_(plan),
      preparation_(executor_.preparation()) {}

// Reads the progress. It is locked for that: a transaction of ours whose connection was lost may be
// about to commit.
std::vector<engine::StatementProgress> BatchWriter::open() {
    Turn turn(*this, "");
    failpoint("on_open");
    end_predecessor();
    const postgres::Rows rows = session_->run(
        "SELECT p.statement_id, p.next_offset, p.last_offset, p.last_time, p.last_checksum, "
        "p.topic_id FROM tidewheel.progress p WHERE " +
        catalogue::under_claim(claim_, claim_.statements) + " FOR NO KEY UPDATE");
    if (rows.size() != claim_.statements.size()) throw claimed_by_another();
    waiting_ = catalogue::read_waiting(*session_, claim_);
    turn.done();
    executor_.set_waiting(waiting_);
    std::vector<engine::StatementProgress> progress;
    for (const postgres::Row& row : rows)
        progress.push_back(read_progress(row));
    for (engine::StatementProgress& each : progress)
        for (const catalogue::Waiting& waiting : waiting_)
            if (waiting.statement == each.statement) each.waits_at = waiting.offset;
    return progress;
}

Error BatchWriter::claimed_by_another() const {
    return Error(Error::Kind::fenced, "partition " + std::to_string(claim_.partition) +
                                          " of topic " + claim_.topic +
                                          " has been claimed by another owner");
}

// The lane's last connection may be lost for us and still alive for PostgreSQL, with our batch's
// locks.
void BatchWriter::end_predecessor() {
    session_->run(std::string("SELECT pg_terminate_backend(l.pid) FROM ") +
                  postgres::advisory_locks + " l WHERE l.pid <> pg_backend_pid() AND l.key = " +
                  postgres::batch_mark(std::to_string(claim_.epoch)));
}

void BatchWriter::cancel() {
    std::lock_guard lock(session_mutex_);
    if (session_) session_->cancel();
}

engine::Committed BatchWriter::commit(const engine::CommitRequest& work) {
    try {
        Turn turn(*this, work.batch.empty() ? "" : preparation_);
        if (!work.batch.empty()) turn.prepare();
        const engine::Committed done = despite_deadlocks([&] { return at_fitting_pace(work); });
        turn.done();
        failed_at_.reset();
        return done;
    } catch (...) {
        failed_at_ = Clock::system().now();
        throw;
    }
}

// Lanes that come to the same rows in another order: PostgreSQL has undone one of them, so it
// begins again at once.
template <class Attempt>
engine::Committed BatchWriter::despite_deadlocks(Attempt&& attempt) {
    for (Retry retry(after_deadlock);;) {
        std::optional<std::chrono::milliseconds> wait;
        try {
            return attempt();
        } catch (const postgres::DatabaseError& error) {
            if (error.sqlstate() == deadlock_detected) wait = retry.failed();
            if (!wait) throw;
            session_->run("ROLLBACK");
        }
        std::this_thread::sleep_for(*wait);
    }
}

engine::Committed BatchWriter::at_fitting_pace(const engine::CommitRequest& work) {
    try {
        return attempt_at_once(work);
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        session_->run("ROLLBACK");
        return attempt_carefully(work);
    }
}

engine::Committed BatchWriter::attempt_at_once(const engine::CommitRequest& work) {
    if (plan_.has_native() && pushed_down_ >= to_push_down_) {
        try {
            const engine::Committed done = attempt_natively(work);
            to_push_down_ = 0;
            return done;
        } catch (const Declined&) {
            session_->run("ROLLBACK");
            to_push_down_ = std::clamp(2 * to_push_down_, 1, 64);
            pushed_down_ = 0;
        }
    }
    ++pushed_down_;
    return attempt(work, Pace::full);
}

// Each statement may ask for another run once.
engine::Committed BatchWriter::attempt_natively(const engine::CommitRequest& work) {
    for (;;) {
        try {
            return attempt(work, Pace::native);
        } catch (const RunAgain&) {
            session_->run("ROLLBACK");
        }
    }
}

// The mark comes first: a claimer of the partition looks for marks after its claim is committed,
// so either it finds ours, or we find its claim. PostgreSQL itself runs nothing of a batch that is
// no longer ours.
void BatchWriter::begin(const std::vector<int>& statements) {
    static const std::string mark =
        "SELECT " + postgres::require_backend("$3") +
        ", set_config('application_name', $1, true), pg_try_advisory_xact_lock_shared(" +
        postgres::batch_mark("$2") + "), " + catalogue::set_lane("$4", "$5");
    session_->begin_with(
        {{"BEGIN"},
         {mark,
          {lane_, std::to_string(claim_.epoch), std::to_string(session_->backend_pid()),
           std::to_string(plan_.stream.id), std::to_string(claim_.partition)}},
         catalogue::require_claim(claim_, statements)},
        [this](const postgres::DatabaseError& error) {
            if (postgres::says_other_backend(error)) throw postgres::not_our_backend();
            if (!catalogue::says_not_ours(error)) return;
            session_->run("ROLLBACK");
            throw claimed_by_another();
        });
}

// Records what a statement waits at, for status and for the next owner.
engine::Committed BatchWriter::attempt_carefully(const engine::CommitRequest& work) {
    try {
        return attempt(work, Pace::careful);
    } catch (const StatementError& error) {
        if (error.offset() >= 0)
            note({error.statement()}, error.offset(), error.quarantined().reason);
        throw;
    } catch (const RefusedRecord& error) {
        note(work.statements, error.offset(), error.what());
        throw;
    }
}

void BatchWriter::note(const std::vector<int>& statements, std::int64_t offset,
                       const std::string& reason) {
    session_->run("ROLLBACK");
    catalogue::note_waiting(*session_, claim_, statements, offset, reason);
    waiting_ = catalogue::read_waiting(*session_, claim_);
    executor_.set_waiting(waiting_);
}

engine::Committed BatchWriter::attempt(const engine::CommitRequest& work, Pace pace) {
    engine::StageClock& clock = executor_.clock();
    clock.begin(engine::BatchStage::progress);
    begin(work.statements);
    executor_.run(*session_, work.batch, work.statements, pace);
    clock.enter(engine::BatchStage::progress);
    engine::Committed done;
    failpoint("before_dead_letters");
    done.dead_letters = executor_.dead_letters().store(*session_, plan_.stream.id, claim_.topic,
                                                       claim_.partition, work.statements);
    done.accepted =
        work.batch.records().size() - work.batch.rejected().size() - executor_.refused().size();
    done.rows_written = executor_.rows_written();
    failpoint("before_progress");
    if (!waiting_.empty()) catalogue::forget_waiting(*session_, claim_, work.statements, work.end);
    work.confirm();
    clock.enter(engine::BatchStage::commit);
    failpoint("before_commit");
    commit_progress(work, done);
    done.times = clock.end();
    latency_.committed(work.statements, work.batch.records(), Clock::system());
    failpoint("after_commit");
    return done;
}

void BatchWriter::stop(const engine::MissingData& missing) {
    Turn turn(*this, "");
    const bool is_ours = catalogue::note_missing(*session_, claim_, missing);
    turn.done();
    if (!is_ours) throw claimed_by_another();
}

void BatchWriter::commit_progress(const engine::CommitRequest& work,
                                  const engine::Committed& done) {
    std::vector<std::optional<engine::Latency>> latencies;
    for (const int statement : work.statements)
        latencies.push_back(latency_.of(statement, Clock::system().now()));
    if (catalogue::commit_progress(*session_, claim_, work, done,
                                   work.batch.watermark(executor_.refused()), latencies))
        return;
    session_->run("ROLLBACK");  // at once: the new owner may be waiting for our locks
    throw Error(Error::Kind::fenced,
                "partition " + std::to_string(claim_.partition) + " of topic " + claim_.topic +
                    ": the progress is no longer at " + std::to_string(work.begin) +
                    " under our epoch: another owner has moved it");
}

}  // namespace tidewheel::executor
