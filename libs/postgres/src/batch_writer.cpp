#include "tidewheel/postgres/batch_writer.hpp"

#include <algorithm>
#include <numeric>

#include "sql_text.hpp"

namespace tidewheel::postgres {
namespace {

std::string id_list(const std::vector<int>& ids) {
    std::vector<std::string> items;
    for (const int id : ids)
        items.push_back(std::to_string(id));
    return join(items, ", ");
}

bool takes_part(const engine::Work& work, int statement) {
    return std::count(work.statements.begin(), work.statements.end(), statement) > 0;
}

std::size_t affected_by(Session& session, const std::string& sql) {
    return session.run(sql).affected;
}

// A timestamptz literal out of PostgreSQL's microseconds since 2000.
std::string timestamp(std::optional<std::int64_t> microseconds) {
    if (!microseconds) return "NULL::timestamptz";
    return "timestamptz '2000-01-01 00:00:00+00' + " + std::to_string(*microseconds) +
           " * interval '1 microsecond'";
}

}  // namespace

BatchWriter::BatchWriter(std::string url, std::string application, const StreamPlan& plan,
                         LaneClaim claim)
    : url_(std::move(url)),
      application_(std::move(application)),
      plan_(plan),
      claim_(std::move(claim)) {}

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
    session_->run("SET search_path = " + plan_.search_path());
    session_->run(stage_ddl(plan_.stream) + DeadLetters::setup());
    for (const StreamPlan::RowTask& task : plan_.rows)
        if (!task.script.setup.empty()) session_->run(task.script.setup);
    end_predecessor();
    const Rows rows = session_->run(
        "UPDATE tidewheel.progress p SET owner_pid = a.pid, owner_started = a.backend_start FROM "
        "pg_stat_activity a"
        " WHERE a.pid = pg_backend_pid() AND p.topic = " +
        quote_literal(claim_.topic) + " AND p.partition = " + std::to_string(claim_.partition) +
        " AND p.epoch = " + std::to_string(claim_.epoch) + " AND p.statement_id IN (" +
        id_list(claim_.statements) + ") RETURNING p.statement_id, p.next_offset");
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

engine::Committed BatchWriter::commit(const engine::Work& work) {
    try {
        return attempt(work, Pace::full);
    } catch (const DatabaseError& error) {
        if (error.kind() != Error::Kind::refused) throw;
        session_->run("ROLLBACK");
        return attempt(work, Pace::careful);
    }
}

engine::Committed BatchWriter::attempt(const engine::Work& work, Pace pace) {
    engine::Committed done;
    dead_letters_.clear();
    refused_.clear();
    written_.clear();
    for (const engine::RejectedRecord& each : work.batch.rejected())
        dead_letters_.park(work.batch.records()[each.record], DeadLetters::stream_rules,
                           each.reject);
    session_->run("BEGIN");
    path_ = plan_.search_path();
    if (work.batch.rows() > 0) {
        stage_all(work.batch, pace);
        if (pace == Pace::careful) session_->run(stage_narrow(plan_.stream));
        validate(work, pace);
        dead_letters_.stage(*session_);
        apply(work, pace);
        if (pace == Pace::careful) session_->run(stage_widen(plan_.stream));
    }
    done.dead_letters =
        dead_letters_.store(*session_, plan_.stream.id, claim_.topic, claim_.partition);
    done.accepted = work.batch.rows() - refused_.size();
    done.rows_written = written_;
    move_progress(work, done);
    session_->run("COMMIT");
    return done;
}

void BatchWriter::stage_all(const engine::Batch& batch, Pace pace) {
    const RunRange run = [&](std::size_t first, std::size_t last) { stage(batch, first, last); };
    if (pace == Pace::full) return run(0, batch.rows());
    // The decoder lets nothing through that COPY would refuse; should it ever, one record is parked
    // and the stream goes on.
    const auto park = [&](std::size_t row, const DatabaseError& error) {
        refuse(batch, row, {engine::Reason::wrong_type, error.what(), ""});
    };
    halve(batch, run, park, 0, batch.rows());
}

void BatchWriter::stage(const engine::Batch& batch, std::size_t first, std::size_t last) {
    const engine::Schema& schema = plan_.schema;
    const auto fields =
        static_cast<std::int16_t>(2 + std::count(schema.needed.begin(), schema.needed.end(), true));
    encoder_.begin();
    for (std::size_t row = first; row < last; ++row) {
        encoder_.row(fields);
        for (std::size_t i = 0; i < schema.columns.size(); ++i)
            if (schema.needed[i]) encode(encoder_, batch.column(i), row);
        encoder_.int32(static_cast<std::int32_t>(row));
        encoder_.int64(engine::postgres_time(batch.record_of(row).timestamp));
    }
    encoder_.finish();
    session_->copy(stage_copy(schema), encoder_.payload());
}

// --- the stream's CHECKs
// ---------------------------------------------------------------------------------------------------

void BatchWriter::validate(const engine::Work& work, Pace pace) {
    if (stage_validate(plan_.stream).empty()) return;
    if (pace == Pace::full) {
        find_refused(work.batch);
    } else {
        const RunRange run = [&](std::size_t, std::size_t) { find_refused(work.batch); };
        const auto park = [&](std::size_t row, const DatabaseError& error) {
            refuse(work.batch, row, {engine::Reason::wrong_type, error.what(), ""});
        };
        rehearse(stage_validate(plan_.stream));
        halve(work.batch, run, park, 0, work.batch.rows());
    }
    drop_refused();
}

// The rows in play that break a CHECK.
void BatchWriter::find_refused(const engine::Batch& batch) {
    const Rows rows = session_->run(stage_validate(plan_.stream));
    for (const Row& each : rows) {
        if (each.is_null(1)) continue;
        const CheckRule& check = plan_.stream.checks.at(static_cast<std::size_t>(each.integer(1)));
        refuse(
            batch, static_cast<std::size_t>(each.integer(0)),
            {engine::Reason::check_violation, check.name + ": " + check.expression, check.column});
    }
}

void BatchWriter::refuse(const engine::Batch& batch, std::size_t row, engine::Reject reject) {
    refused_.push_back(row);
    dead_letters_.park(batch.record_of(row), DeadLetters::stream_rules, std::move(reject));
}

void BatchWriter::drop_refused() {
    if (refused_.empty()) return;
    std::vector<std::string> rows;
    for (const std::size_t row : refused_)
        rows.push_back(std::to_string(row));
    session_->run("DELETE FROM pg_temp.tidewheel_batch WHERE tidewheel_seq = ANY ('{" +
                  join(rows, ",") + "}'::integer[])");
}

// --- the statements: rows before views, so that the views' hot rows stay locked for less time
// -----------------------------------

void BatchWriter::apply(const engine::Work& work, Pace pace) {
    for (const StreamPlan::RowTask& task : plan_.rows) {
        if (!takes_part(work, task.statement.id)) continue;
        written_.emplace_back(task.statement.id, 0);
        use_path(task.statement.search_path);
        run_statement(
            work, pace, task.statement, task.script.whole(),
            [&](std::size_t, std::size_t) { written_.back().second += apply_rows(task); });
    }
    std::vector<const StoredStatement*> views;
    for (const StoredStatement& view : plan_.views)
        if (takes_part(work, view.id)) views.push_back(&view);
    for (const auto& pass : passes_of(views, pace))
        apply_views(work, pace, pass);
}

// Carefully, every view goes alone: what one of them refuses, the others may take.
std::vector<std::vector<const StoredStatement*>> BatchWriter::passes_of(
    const std::vector<const StoredStatement*>& views, Pace pace) const {
    if (pace == Pace::full && !views_alone_) return share_passes(views);
    std::vector<std::vector<const StoredStatement*>> passes;
    for (const StoredStatement* view : views)
        passes.push_back({view});
    return passes;
}

void BatchWriter::apply_views(const engine::Work& work, Pace pace,
                              const std::vector<const StoredStatement*>& pass) {
    const std::size_t first = written_.size();
    for (const StoredStatement* view : pass)
        written_.emplace_back(view->id, 0);
    const std::string script = view_script(pass);
    use_path(pass.front()->search_path);
    run_statement(work, pace, *pass.front(), script, [&](std::size_t, std::size_t) {
        const Row counts = session_->run(script).at(0);
        if (counts.integer(pass.size()) != 0) {
            views_alone_ = true;  // for the next attempt, and ever after
            throw Error(Error::Kind::unavailable,
                        "the views of topic " + claim_.topic + " can't share a pass");
        }
        for (std::size_t i = 0; i < pass.size(); ++i)
            written_[first + i].second += static_cast<std::size_t>(counts.integer(i));
    });
}

void BatchWriter::run_statement(const engine::Work& work, Pace pace,
                                const StoredStatement& statement, const std::string& script,
                                const RunRange& run) {
    if (pace == Pace::full) return run(0, work.batch.rows());
    const auto park = [&](std::size_t row, const DatabaseError& error) {
        dead_letters_.park(work.batch.record_of(row), statement.id,
                           {engine::Reason::target_refused, error.what(), error.column()});
    };
    try {
        rehearse(script);
    } catch (const DatabaseError& error) {
        if (error.kind() != Error::Kind::refused) throw;
        throw Error(Error::Kind::pipeline,
                    "statement " + statement.statement.name + ": " + error.what(), error.hint());
    }
    halve(work.batch, run, park, 0, work.batch.rows());
}

// Over no row at all: does PostgreSQL take the statement itself?
void BatchWriter::rehearse(const std::string& script) {
    session_->run("SAVEPOINT rehearsal; " + stage_range(0, 0) + "; " + script +
                  "; ROLLBACK TO rehearsal; RELEASE rehearsal");
}

std::size_t BatchWriter::apply_rows(const StreamPlan::RowTask& task) {
    const RowScript& script = task.script;
    if (!script.direct.empty()) return affected_by(*session_, script.direct);
    if (affected_by(*session_, script.collect) == 0) return 0;
    std::size_t written = 0;
    const long last = session_->run(script.last_round).at(0).integer(0);
    for (long round = 0; round <= last; ++round)
        written += affected_by(*session_, script.round_insert(round));
    session_->run(script.discard);
    return written;
}

// Runs over a range; when PostgreSQL refuses a row in it, over its halves, down to the single row,
// which is parked.
void BatchWriter::halve(const engine::Batch& batch, const RunRange& run,
                        const std::function<void(std::size_t, const DatabaseError&)>& park,
                        std::size_t first, std::size_t last) {
    session_->run("SAVEPOINT halve; " + stage_range(first, last));
    const auto parked = dead_letters_.mark();
    const auto refused = refused_.size();
    const auto written = written_;
    try {
        run(first, last);
        // A deferred constraint speaks up here, where the row can be found, and not at COMMIT.
        session_->run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; RELEASE halve");
    } catch (const DatabaseError& error) {
        if (!error.may_be_about_data()) throw;
        session_->run("ROLLBACK TO halve; RELEASE halve");
        dead_letters_.back_to(parked);
        refused_.resize(refused);
        written_ = written;
        if (last - first == 1) return park(first, error);
        const std::size_t middle = first + (last - first) / 2;
        halve(batch, run, park, first, middle);
        halve(batch, run, park, middle, last);
    }
}

void BatchWriter::use_path(const std::string& search_path) {
    if (search_path == path_) return;
    session_->run("SET LOCAL search_path = " + search_path);
    path_ = search_path;
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
        ", watermark = greatest(p.watermark, " + timestamp(work.batch.watermark(refused_)) +
        "), record_time = " + record_time + ", end_offset = " + end + ", records = p.records + " +
        std::to_string(work.batch.records().size()) +
        ", rows_written = p.rows_written + m.written, seen_at = clock_timestamp()" +
        (work.batch.empty() ? "" : ", committed_at = clock_timestamp()") + " FROM (VALUES " +
        join(moves, ", ") +
        ") m(statement, written) WHERE p.statement_id = m.statement AND p.topic = " +
        quote_literal(claim_.topic) + " AND p.partition = " + std::to_string(claim_.partition) +
        " AND p.epoch = " + std::to_string(claim_.epoch) +
        " AND p.next_offset = " + std::to_string(work.begin));
    if (rows.affected == work.statements.size()) return;
    session_->run("ROLLBACK");  // at once: the new owner may be waiting for our locks
    throw Error(Error::Kind::fenced, "partition " + std::to_string(claim_.partition) +
                                         " of topic " + claim_.topic + ": the progress is not at " +
                                         std::to_string(work.begin) +
                                         " under our epoch any more: another owner has moved on");
}

}  // namespace tidewheel::postgres
