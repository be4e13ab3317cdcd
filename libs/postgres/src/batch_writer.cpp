#include "tidewheel/postgres/batch_writer.hpp"

#include <algorithm>

#include "sql_text.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/weakened.hpp"

namespace tidewheel::postgres {
namespace {

std::string id_list(const std::vector<int>& ids) {
    std::vector<std::string> items;
    for (const int id : ids)
        items.push_back(std::to_string(id));
    return join(items, ", ");
}

std::string and_epoch_is(std::int64_t epoch) {
    return weakened("no_epoch") ? "" : " AND p.epoch = " + std::to_string(epoch);
}

std::string and_next_offset_is(std::int64_t offset) {
    return weakened("no_compare") ? "" : " AND p.next_offset = " + std::to_string(offset);
}

}  // namespace

BatchWriter::BatchWriter(std::string url, std::string application, const StreamPlan& plan,
                         LaneClaim claim, std::chrono::seconds renew_after)
    : url_(std::move(url)),
      application_(std::move(application)),
      plan_(plan),
      claim_(std::move(claim)),
      renew_after_(renew_after),
      executor_(plan) {}

// Connects, makes the temporary relations, writes down which backend acts for this claim, and reads
// the progress.
std::vector<engine::StatementProgress> BatchWriter::open() {
    {
        std::lock_guard lock(session_mutex_);
        session_.reset();
    }
    auto session = std::make_unique<Session>(url_, application_);
    {
        std::lock_guard lock(session_mutex_);
        session_ = std::move(session);
    }
    opened_at_ = Clock::system().now();
    failpoint("on_open");
    executor_.open(*session_);
    end_predecessor();
    const Rows rows = session_->run(
        "UPDATE tidewheel.progress p SET owner_pid = a.pid, owner_started = a.backend_start FROM "
        "pg_stat_activity a"
        " WHERE a.pid = pg_backend_pid() AND p.topic = " +
        quote_literal(claim_.topic) + " AND p.partition = " + std::to_string(claim_.partition) +
        and_epoch_is(claim_.epoch) + " AND p.statement_id IN (" + id_list(claim_.statements) +
        ") RETURNING p.statement_id, p.next_offset");
    if (rows.size() != claim_.statements.size())
        throw Error(Error::Kind::fenced, "partition " + std::to_string(claim_.partition) +
                                             " of topic " + claim_.topic +
                                             " has been claimed by another owner");
    std::vector<engine::StatementProgress> progress;
    for (const Row& row : rows)
        progress.push_back({static_cast<int>(row.integer(0)), row.integer(1)});
    return progress;
}

// The lane's last connection may be lost to us and still alive for PostgreSQL, with our batch's
// locks.
void BatchWriter::end_predecessor() {
    session_->run(
        "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE a.pid <> "
        "pg_backend_pid() AND EXISTS"
        " (SELECT FROM tidewheel.progress p WHERE p.owner_pid = a.pid AND p.owner_started = "
        "a.backend_start"
        " AND p.epoch = " +
        std::to_string(claim_.epoch) + ")");
}

void BatchWriter::cancel() {
    std::lock_guard lock(session_mutex_);
    if (session_) session_->cancel();
}

// No vacuum freezes a session's temporary tables, whatever it truncates: those of a session that is
// kept for ever would hold back the whole database's transaction numbers until it has to shut down.
engine::Committed BatchWriter::commit(const engine::Work& work) {
    if (Clock::system().now() - opened_at_ >= renew_after_) open();
    try {
        return attempt(work, Pace::full);
    } catch (const DatabaseError& error) {
        if (error.kind() != Error::Kind::refused) throw;
        session_->run("ROLLBACK");
        return attempt(work, Pace::careful);
    }
}

engine::Committed BatchWriter::attempt(const engine::Work& work, Pace pace) {
    session_->run("BEGIN");
    executor_.run(work.batch, work.statements, pace);
    engine::Committed done;
    failpoint("before_dead_letters");
    done.dead_letters = executor_.dead_letters().store(*session_, plan_.stream.id, claim_.topic,
                                                       claim_.partition, work.statements);
    done.accepted = work.batch.rows() - executor_.refused().size();
    done.rows_written = executor_.rows_written();
    failpoint("before_progress");
    move_progress(work, done);
    failpoint("before_commit");
    session_->run("COMMIT");
    failpoint("after_commit");
    return done;
}

// --- progress: compare and swap
// ---------------------------------------------------------------------------------------------

void BatchWriter::move_progress(const engine::Work& work, const engine::Committed& done) {
    std::vector<std::string> moves;
    for (const int statement : work.statements) {
        const auto written =
            std::find_if(done.rows_written.begin(), done.rows_written.end(),
                         [&](const auto& each) { return each.first == statement; });
        moves.push_back("(" + std::to_string(statement) + ", " +
                        std::to_string(written == done.rows_written.end() ? 0 : written->second) +
                        "::bigint)");
    }
    const std::string record_time =
        work.batch.empty()
            ? "p.record_time"
            : timestamp(engine::postgres_time(work.batch.records().back().timestamp));
    const std::string end =
        work.partition_end < 0 ? "p.end_offset" : std::to_string(work.partition_end);
    const Rows rows = session_->run(
        "UPDATE tidewheel.progress p SET next_offset = " + std::to_string(work.end) +
        ", watermark = greatest(p.watermark, " +
        timestamp(work.batch.watermark(executor_.refused())) + "), record_time = " + record_time +
        ", end_offset = " + end + ", records = p.records + " +
        std::to_string(work.batch.records().size()) +
        ", rows_written = p.rows_written + m.written, seen_at = clock_timestamp()" +
        (work.batch.empty() ? "" : ", committed_at = clock_timestamp()") + " FROM (VALUES " +
        join(moves, ", ") +
        ") m(statement, written) WHERE p.statement_id = m.statement AND p.topic = " +
        quote_literal(claim_.topic) + " AND p.partition = " + std::to_string(claim_.partition) +
        and_epoch_is(claim_.epoch) + and_next_offset_is(work.begin));
    if (rows.affected == work.statements.size()) return;
    session_->run("ROLLBACK");  // at once: the new owner may be waiting for our locks
    throw Error(Error::Kind::fenced, "partition " + std::to_string(claim_.partition) +
                                         " of topic " + claim_.topic + ": the progress is not at " +
                                         std::to_string(work.begin) +
                                         " under our epoch any more: another owner has moved on");
}

}  // namespace tidewheel::postgres
