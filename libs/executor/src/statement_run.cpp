#include "statement_run.hpp"

#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::executor {
namespace {

engine::Reason reason_of(const postgres::DatabaseError& error) {
    return error.sqlstate() == postgres::sqlstate::group_full ? engine::Reason::group_full
                                                              : engine::Reason::target_refused;
}

// Over a range; notes what each statement has stored, from the `first`-th of rows_written on, and
// returns how much that is.
std::size_t run_range(BatchRun& run, StatementExecutor& executor, const BatchRange& range,
                      std::size_t first) {
    std::size_t all = 0;
    for (const std::size_t rows : executor.run(run.session, range)) {
        run.result.rows_written[first++].second += rows;
        all += rows;
    }
    return all;
}

void run_carefully(BatchRun& run, StatementExecutor& executor, std::size_t place) {
    const catalogue::StoredStatement& statement = *executor.statements().front();
    const engine::Batch& batch = run.batch;
    Trial::Step step;
    step.run = [&](std::size_t first, std::size_t last) {
        return run_range(run, executor, {batch, first, last}, place);
    };
    step.rehearse = [&] { run.rehearse([&] { executor.rehearse(run.session); }); };
    // A row that a WHERE leaves out, say, has passed by what the refused one failed over.
    step.weigh = [&](std::size_t passed, std::size_t stored, std::size_t, postgres::Blame) {
        if (run.is_refused(passed)) return Witness::none;
        return stored > 0 ? Witness::strong : Witness::weak;
    };
    step.is_old = [&](std::size_t row) { return run.is_old(statement.id, row); };
    step.park = [&](std::size_t row, const postgres::DatabaseError& error) {
        run.result.dead_letters.park(batch.record_of(row), statement.id,
                                     {reason_of(error), error.what(), error.column()});
    };
    step.hold = [&](std::size_t row, const postgres::DatabaseError& error) {
        throw StatementError(statement, run.reason_at(row, error),
                             run.way_on(row, {statement.statement.name}),
                             batch.record_of(row).offset);
    };
    step.checkpoint = [&] { return run.checkpoint(); };
    blame_statement(statement, [&] {
        step.rehearse();
        Trial(run.session, step, batch.rows()).run();
    });
}

void run_executor(BatchRun& run, StatementExecutor& executor) {
    const std::size_t place = run.result.rows_written.size();
    for (const catalogue::StoredStatement* statement : executor.statements())
        run.result.rows_written.emplace_back(statement->id, 0);
    run.use_path(executor.statements().front()->search_path);
    if (run.pace == Pace::careful)
        run_carefully(run, executor, place);
    else
        run_range(run, executor, {run.batch, 0, run.batch.rows(), run.accepted}, place);
}

}  // namespace

void run_statements(BatchRun& run, const StatementExecutors& executors) {
    failpoint("before_rows");
    run.result.clock.enter(engine::BatchStage::rows);
    auto next = executors.begin();
    for (; next != executors.end(); ++next) {
        if (is_of(*(*next)->statements().front(), StatementKind::view)) break;
        run_executor(run, **next);
    }
    failpoint("before_views");
    run.result.clock.enter(engine::BatchStage::views);
    for (; next != executors.end(); ++next)
        run_executor(run, **next);
}

void blame_statement(const catalogue::StoredStatement& statement,
                     const std::function<void()>& work) {
    try {
        work();
    } catch (const postgres::DatabaseError& error) {
        if (error.kind() != Error::Kind::refused) throw;
        throw StatementError(statement, error);
    }
}

}  // namespace tidewheel::executor
