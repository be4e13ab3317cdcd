#include "tidewheel/executor/batch_executor.hpp"

#include <algorithm>

#include "batch_run.hpp"
#include "executor_comparison.hpp"
#include "statement_run.hpp"
#include "stream_rules.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/executor/rule_judge.hpp"

namespace tidewheel::executor {
namespace {

class InPostgres final : public BatchSession {
  public:
    explicit InPostgres(postgres::Session& session) : session_(session) {}
    postgres::Rows run(const std::string& sql) override { return session_.run(sql); }
    std::size_t copy(const std::string& copy_statement, std::string_view payload) override {
        return session_.copy(copy_statement, payload);
    }
    std::vector<postgres::Rows> run(std::span<const postgres::BinaryCommand> commands) override {
        return session_.run(commands);
    }
    postgres::CopyEncoder& encoder() override { return session_.encoder(); }

  private:
    postgres::Session& session_;
};

}  // namespace

void BatchResult::clear() {
    dead_letters.clear();
    refused.clear();
    rows_written.clear();
}

BatchExecutor::BatchExecutor(const StreamPlan& plan, Unjudged unjudged, ExecutorFactory executors)
    : plan_(plan), unjudged_(unjudged), make_executors_(std::move(executors)) {
    if (plan_.native_rules.checks)
        judge_ = std::make_unique<RuleJudge>(plan_.schema, *plan_.native_rules.checks);
    select(together_, plan_.statements(), Together::may, make_executors_);
    all_ = staging(plan_.rule_columns, together_.executors);
}
BatchExecutor::~BatchExecutor() = default;

// What is staged for the executors, besides some columns.
BatchExecutor::Staging BatchExecutor::staging(std::vector<bool> columns,
                                              const StatementExecutors& executors) const {
    for (const auto& executor : executors) {
        const std::vector<bool> needs = executor->needs();
        for (std::size_t i = 0; i < columns.size(); ++i)
            columns[i] = columns[i] || needs[i];
    }
    std::string copy = stage_copy(plan_.schema, columns);
    return {std::move(columns), std::move(copy)};
}

void BatchExecutor::select(Selection& selection, const std::vector<int>& statements,
                           Together together, const ExecutorFactory& make) const {
    if (selection.statements == statements) return;
    selection.executors = make(plan_, statements, together);
    selection.statements = statements;
    selection.in_postgres = std::ranges::any_of(
        selection.executors, [](const auto& executor) { return executor->uses_stage(); });
    if (judge_)
        selection.staging =
            staging(std::vector<bool>(plan_.schema.columns.size()), selection.executors);
}

BatchExecutor::Selection& BatchExecutor::selection_for(const std::vector<int>& statements,
                                                       Pace pace) {
    if (pace == Pace::native && !pass_failed_) {
        select(native_, statements, Together::may, native_executors);
        return native_;
    }
    const bool alone = pace == Pace::careful || pass_failed_;
    Selection& selection = alone ? alone_ : together_;
    select(selection, statements, alone ? Together::must_not : Together::may, make_executors_);
    return selection;
}

void BatchExecutor::open(postgres::Session& session) const {
    session.run("SET search_path = " + plan_.search_path());
    session.run(plan_.stage.ddl + catalogue::DeadLetters::setup());
    for (const auto& executor : make_executors_(plan_, plan_.statements(), Together::must_not))
        if (const std::string setup = executor->setup(); !setup.empty())
            blame_statement(*executor->statements().front(), [&] { session.run(setup); });
}

std::string BatchExecutor::preparation() const {
    std::string script = plan_.search_path() + ";" + plan_.stage.ddl;
    for (const engine::Column& column : plan_.schema.columns)  // the table is LIKE the stream's
        script += column.name + " " + column.type.sql + ";";
    for (const auto& executor : make_executors_(plan_, plan_.statements(), Together::must_not))
        script += executor->setup();
    return script;
}

void BatchExecutor::run(postgres::Session& session, const engine::Batch& batch,
                        const std::vector<int>& statements, Pace pace) {
    if (pace != Pace::native || !weakened("one_executor"))
        return run_once(session, batch, statements, pace);
    run_in_both(session, plan_, [&](Pace each) {
        run_once(session, batch, statements, each);
        std::string text;
        for (const auto& [statement, rows] : result_.rows_written)
            text += "statement " + std::to_string(statement) + " " + std::to_string(rows) + ", ";
        return text + std::to_string(result_.refused.size()) + " refused";
    });
}

void BatchExecutor::run_once(postgres::Session& session, const engine::Batch& batch,
                             const std::vector<int>& statements, Pace pace) {
    result_.clear();
    for (const engine::RejectedRecord& each : batch.rejected())
        result_.dead_letters.park(batch.records()[each.record],
                                  catalogue::DeadLetters::stream_rules, each.reject);
    if (batch.rows() == 0) return;
    InPostgres in_postgres(session);
    const Selection& selection = selection_for(statements, pace);
    BatchRun run{in_postgres, plan_, batch, statements, pace, unjudged_, waiting_, result_};
    failpoint("before_copy");
    if (pace == Pace::native && judge_)
        judge(run, selection);
    else
        stage(run);
    result_.dead_letters.stage(session);
    try {
        run_statements(run, selection.executors);
    } catch (const SharedPassError&) {
        pass_failed_ = true;  // for the next attempt, and ever after
        throw;
    }
    if (pace == Pace::careful) session.run(plan_.stage.widen);
    std::sort(result_.refused.begin(), result_.refused.end());
}

// By the engine: what the rules take is staged where a statement needs it there.
void BatchExecutor::judge(BatchRun& run, const Selection& selection) {
    result_.clock.enter(engine::BatchStage::rules);
    StreamRules rules(run, selection.staging.columns, selection.staging.copy);
    rules.judge(*judge_);
    run.accepted = judge_->accepted();
    result_.clock.enter(engine::BatchStage::stage);
    if (selection.in_postgres)
        rules.stage(run.accepted);
    else
        failpoint("during_copy");  // each place is passed by every batch
    failpoint("after_copy");
}

// By PostgreSQL, over all of the batch.
void BatchExecutor::stage(BatchRun& run) {
    result_.clock.enter(engine::BatchStage::stage);
    StreamRules rules(run, all_.columns, all_.copy);
    rules.stage();
    failpoint("after_copy");
    result_.clock.enter(engine::BatchStage::rules);
    if (run.pace == Pace::careful) run.session.run(plan_.stage.narrow);
    rules.validate();
    if (run.pace != Pace::native) return;
    accepted_.clear();
    auto refused = result_.refused.begin();  // in the order of the rows
    for (std::uint32_t row = 0; row < run.batch.rows(); ++row) {
        if (refused != result_.refused.end() && *refused == row)
            ++refused;
        else
            accepted_.push_back(row);
    }
    run.accepted = accepted_;
}

void BatchExecutor::clear_stage(postgres::Session& session) const {
    session.run(
        "TRUNCATE pg_temp.tidewheel_batch, pg_temp.tidewheel_parked; SET LOCAL search_path = " +
        plan_.search_path());
}

}  // namespace tidewheel::executor
