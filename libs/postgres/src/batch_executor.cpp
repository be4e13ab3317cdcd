#include "tidewheel/postgres/batch_executor.hpp"

#include <algorithm>

#include "sql_text.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/weakened.hpp"

namespace tidewheel::postgres {
namespace {

bool takes_part(const std::vector<int>& statements, int statement) {
    return std::count(statements.begin(), statements.end(), statement) > 0;
}

// What PostgreSQL refuses here is this statement's trouble alone.
void of_statement(const StoredStatement& statement, const std::function<void()>& run) {
    try {
        run();
    } catch (const DatabaseError& error) {
        if (error.kind() != Error::Kind::refused) throw;
        throw StatementError(statement, error);
    }
}

std::size_t affected_by(Session& session, const std::string& sql) {
    return session.run(sql).affected;
}

}  // namespace

BatchExecutor::BatchExecutor(const StreamPlan& plan) : plan_(plan) {}

void BatchExecutor::open(Session& session) {
    session_ = &session;
    session.run("SET search_path = " + plan_.search_path());
    session.run(stage_ddl(plan_.stream) + DeadLetters::setup());
    for (const StreamPlan::RowTask& task : plan_.rows)
        if (!task.script.setup.empty())
            of_statement(task.statement, [&] { session.run(task.script.setup); });
}

void BatchExecutor::run(const engine::Batch& batch, const std::vector<int>& statements, Pace pace) {
    dead_letters_.clear();
    refused_.clear();
    written_.clear();
    for (const engine::RejectedRecord& each : batch.rejected())
        dead_letters_.park(batch.records()[each.record], DeadLetters::stream_rules, each.reject);
    path_ = plan_.search_path();
    if (batch.rows() == 0) return;
    failpoint("before_copy");
    stage_all(batch, pace);
    failpoint("after_copy");
    if (pace == Pace::careful) session_->run(stage_narrow(plan_.stream));
    validate(batch, pace);
    dead_letters_.stage(*session_);
    apply(batch, statements, pace);
    if (pace == Pace::careful) session_->run(stage_widen(plan_.stream));
    std::sort(refused_.begin(), refused_.end());
}

void BatchExecutor::clear_stage() {
    session_->run("TRUNCATE pg_temp.tidewheel_batch, pg_temp.tidewheel_parked");
    use_path(plan_.search_path());
}

void BatchExecutor::stage_all(const engine::Batch& batch, Pace pace) {
    const RunRange run = [&](std::size_t first, std::size_t last) { stage(batch, first, last); };
    if (pace == Pace::full) return run(0, batch.rows());
    // The decoder lets nothing through that COPY would refuse; should it ever, one record is parked
    // and the stream goes on.
    const auto park = [&](std::size_t row, const DatabaseError& error) {
        refuse(batch, row, {engine::Reason::wrong_type, error.what(), ""});
    };
    halve(batch, run, park, 0, batch.rows());
}

void BatchExecutor::stage(const engine::Batch& batch, std::size_t first, std::size_t last) {
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

void BatchExecutor::validate(const engine::Batch& batch, Pace pace) {
    if (stage_validate(plan_.stream).empty()) return;
    if (pace == Pace::full) {
        find_refused(batch);
    } else {
        const RunRange run = [&](std::size_t, std::size_t) { find_refused(batch); };
        const auto park = [&](std::size_t row, const DatabaseError& error) {
            refuse(batch, row, {engine::Reason::wrong_type, error.what(), ""});
        };
        rehearse(stage_validate(plan_.stream));
        halve(batch, run, park, 0, batch.rows());
    }
    drop_refused();
}

// The rows in play that break a CHECK.
void BatchExecutor::find_refused(const engine::Batch& batch) {
    const Rows rows = session_->run(stage_validate(plan_.stream));
    for (const Row& each : rows) {
        if (each.is_null(1)) continue;
        const CheckRule& check = plan_.stream.checks.at(static_cast<std::size_t>(each.integer(1)));
        refuse(
            batch, static_cast<std::size_t>(each.integer(0)),
            {engine::Reason::check_violation, check.name + ": " + check.expression, check.column});
    }
}

void BatchExecutor::refuse(const engine::Batch& batch, std::size_t row, engine::Reject reject) {
    refused_.push_back(row);
    dead_letters_.park(batch.record_of(row), DeadLetters::stream_rules, std::move(reject));
}

void BatchExecutor::drop_refused() {
    if (refused_.empty()) return;
    std::vector<std::string> rows;
    for (const std::size_t row : refused_)
        rows.push_back(std::to_string(row));
    session_->run("DELETE FROM pg_temp.tidewheel_batch WHERE tidewheel_seq = ANY ('{" +
                  join(rows, ",") + "}'::integer[])");
}

// --- the statements: rows before views, so that the views' hot rows stay locked for less time

void BatchExecutor::apply(const engine::Batch& batch, const std::vector<int>& statements,
                          Pace pace) {
    failpoint("before_rows");
    for (const StreamPlan::RowTask& task : plan_.rows) {
        if (!takes_part(statements, task.statement.id)) continue;
        written_.emplace_back(task.statement.id, 0);
        use_path(task.statement.search_path);
        run_statement(
            batch, pace, task.statement, task.script.whole(),
            [&](std::size_t, std::size_t) { written_.back().second += apply_rows(task); });
    }
    failpoint("before_views");
    std::vector<const StoredStatement*> views;
    for (const StoredStatement& view : plan_.views)
        if (takes_part(statements, view.id)) views.push_back(&view);
    for (const auto& pass : passes_of(views, pace))
        apply_views(batch, pace, pass);
}

// Carefully, every view goes alone: what one of them refuses, the others may take.
std::vector<std::vector<const StoredStatement*>> BatchExecutor::passes_of(
    const std::vector<const StoredStatement*>& views, Pace pace) const {
    if (pace == Pace::full && !views_alone_) return share_passes(views);
    std::vector<std::vector<const StoredStatement*>> passes;
    for (const StoredStatement* view : views)
        passes.push_back({view});
    return passes;
}

void BatchExecutor::apply_views(const engine::Batch& batch, Pace pace,
                                const std::vector<const StoredStatement*>& pass) {
    const std::size_t first = written_.size();
    for (const StoredStatement* view : pass)
        written_.emplace_back(view->id, 0);
    const std::string script = view_script(pass);
    use_path(pass.front()->search_path);
    run_statement(batch, pace, *pass.front(), script, [&](std::size_t, std::size_t) {
        const Row counts = session_->run(script).at(0);
        if (counts.integer(pass.size()) != 0) {
            views_alone_ = true;  // for the next attempt, and ever after
            throw SharedPassError(plan_.stream.stream.topic);
        }
        for (std::size_t i = 0; i < pass.size(); ++i)
            written_[first + i].second += static_cast<std::size_t>(counts.integer(i));
    });
}

void BatchExecutor::run_statement(const engine::Batch& batch, Pace pace,
                                  const StoredStatement& statement, const std::string& script,
                                  const RunRange& run) {
    if (pace == Pace::full) return run(0, batch.rows());
    // Somebody may have changed the table since the rehearsal: no row is to blame for that.
    const auto park = [&](std::size_t row, const DatabaseError& error) {
        if (!error.is_about_data()) rehearse(script);
        dead_letters_.park(batch.record_of(row), statement.id,
                           {engine::Reason::target_refused, error.what(), error.column()});
    };
    of_statement(statement, [&] {
        rehearse(script);
        halve(batch, run, park, 0, batch.rows());
    });
}

// Over no row at all: does PostgreSQL take the statement itself?
void BatchExecutor::rehearse(const std::string& script) {
    session_->run("SAVEPOINT rehearsal; " + stage_range(0, 0) + "; " + script +
                  "; ROLLBACK TO rehearsal; RELEASE rehearsal");
}

std::size_t BatchExecutor::apply_rows(const StreamPlan::RowTask& task) {
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
void BatchExecutor::halve(const engine::Batch& batch, const RunRange& run,
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
        if (last - first == 1 || weakened("no_halving")) return park(first, error);
        const std::size_t middle = first + (last - first) / 2;
        halve(batch, run, park, first, middle);
        halve(batch, run, park, middle, last);
    }
}

void BatchExecutor::use_path(const std::string& search_path) {
    if (search_path == path_) return;
    session_->run("SET LOCAL search_path = " + search_path);
    path_ = search_path;
}

}  // namespace tidewheel::postgres
