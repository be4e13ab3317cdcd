#include "tidewheel/executor/stream_plan.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "native_forms.hpp"
#include "tidewheel/executor/kept_script.hpp"
#include "tidewheel/executor/view_rows.hpp"
#include "tidewheel/executor/view_script.hpp"
#include "tidewheel/postgres/wait_limits.hpp"

namespace tidewheel::executor {
namespace {

void add_rows(postgres::Transaction& transaction, catalogue::StoredStatement statement,
              StreamPlan& plan) {
    InsertTarget target =
        resolve_target(transaction, std::get<sql::RowStatement>(statement.statement.body));
    RowScript script = row_script(statement, target);
    if (const std::string setup = setup_of(script); !setup.empty()) transaction.run(setup);
    transaction.run(rehearsal_of(script));
    plan.rows.push_back({std::move(statement), std::move(script), std::move(target)});
}

// Makes the statement's scripts and runs them over no record.
void add_statement(postgres::Transaction& transaction, const catalogue::StoredStatement& statement,
                   StreamPlan& plan) {
    transaction.run("SET LOCAL search_path = " + statement.search_path);
    catalogue::require_trusted_path(transaction);
    catalogue::require_same_meaning(transaction, statement);
    if (is_of_rows(statement)) {
        add_rows(transaction, as_insert(statement), plan);
    } else if (std::holds_alternative<sql::RowStatement>(statement.statement.body)) {
        add_rows(transaction, statement, plan);
    } else {
        std::string script = view_script({&statement});
        transaction.run(script);
        std::string kept = kept_script(statement);
        if (!kept.empty()) transaction.query(kept, {"{}", "{}"});
        plan.views.push_back({statement, std::move(script), {}, {}, std::move(kept)});
    }
}

// Whether the failure lies with what the statement names: it is refused, locked, or on a server
// that doesn't answer (a foreign table). Anything else is the server's failure.
bool is_its_own(const Error& error) {
    if (error.kind() == Error::Kind::refused) return true;
    const auto* said = dynamic_cast<const postgres::DatabaseError*>(&error);
    return said && (postgres::is_lock_timeout(*said) || said->sqlstate().starts_with("08"));
}

// The statement's own failure is caught; the server's is thrown again.
std::optional<QuarantinedStatement> try_statement(postgres::Transaction& transaction,
                                                  const catalogue::StoredStatement& statement,
                                                  StreamPlan& plan) {
    transaction.run("SAVEPOINT tidewheel_plan");
    try {
        add_statement(transaction, statement, plan);
        transaction.run("RELEASE tidewheel_plan");
        return {};
    } catch (const Error& error) {
        if (!is_its_own(error)) throw;
        transaction.run("ROLLBACK TO tidewheel_plan");
        const std::string hint = error.hint().empty()
                                     ? "Correct it, or run `tidewheel drop " +
                                           postgres::quote_name(statement.statement.name) + "`."
                                     : error.hint();
        const auto* said = dynamic_cast<const postgres::DatabaseError*>(&error);
        return QuarantinedStatement{statement.statement.name, error.what(), hint,
                                    said ? said->sqlstate() : ""};
    }
}

void add_columns(const std::vector<bool>& more, std::vector<bool>& columns) {
    for (std::size_t i = 0; i < columns.size(); ++i)
        columns[i] = columns[i] || more[i];
}

std::vector<bool>& columns_of(StreamPlan& plan, int statement) {
    for (StreamPlan::RowTask& task : plan.rows)
        if (task.statement.id == statement) return task.columns;
    for (StreamPlan::ViewTask& task : plan.views)
        if (task.statement.id == statement) return task.columns;
    throw std::logic_error("the plan has no such statement");
}

void resolve_columns(postgres::Transaction& transaction,
                     const std::vector<const catalogue::StoredStatement*>& statements,
                     StreamPlan& plan) {
    std::vector<bool>& needed = plan.schema.needed;
    needed.assign(plan.schema.columns.size(), false);
    for (const catalogue::StoredStatement* each : statements) {
        std::vector<bool>& columns = columns_of(plan, each->id);
        columns = columns_read(transaction, plan.stream, *each);
        add_columns(columns, needed);
    }
    plan.rule_columns = columns_of_rules(transaction, plan.stream);
    add_columns(plan.rule_columns, needed);
}

std::vector<std::size_t> all_of(const std::vector<StreamPlan::ViewTask>& views) {
    std::vector<std::size_t> all(views.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

// Leaves temporary relations in the transaction.
void add_plan(postgres::Transaction& transaction, const catalogue::StoredStream& stream,
              const std::vector<const catalogue::StoredStatement*>& statements, Execution execution,
              StreamPlans& plans) {
    StreamPlan plan{stream, stream.schema, stage_script(stream), {}, {}, {}, {}, {}};
    transaction.run("SET LOCAL search_path = " + statements.front()->search_path);
    transaction.run(plan.stage.ddl);
    std::vector<const catalogue::StoredStatement*> sound;
    for (const catalogue::StoredStatement* each : statements) {
        if (auto refused = try_statement(transaction, *each, plan))
            plans.quarantined.push_back(std::move(*refused));
        else
            sound.push_back(each);
    }
    if (sound.empty()) return;
    resolve_columns(transaction, sound, plan);
    plan.passes = passes_over(plan.views, all_of(plan.views));
    if (execution == Execution::native)
        add_native_forms(transaction, plan);
    else
        leave_to_postgres(plan, "the setting executor");
    plans.streams.push_back(std::move(plan));
}

// In a transaction that is rolled back.
void add_plan(postgres::Connection& connection, const catalogue::StoredStream& stream,
              const std::vector<const catalogue::StoredStatement*>& statements, Execution execution,
              StreamPlans& plans) {
    postgres::Transaction transaction(connection);
    transaction.run("SET LOCAL lock_timeout = '5s'");
    add_plan(transaction, stream, statements, execution, plans);
}

void add_executions(const StreamPlan& plan, Executions& executions) {
    executions.rules.emplace(plan.stream.id, plan.native_rules.reason);
    for (const StreamPlan::RowTask& task : plan.rows)
        executions.statements.emplace(task.statement.id, task.native.reason);
    for (const StreamPlan::ViewTask& task : plan.views)
        executions.statements.emplace(task.statement.id, task.native.reason);
}

}  // namespace

bool is_of(const catalogue::StoredStatement& statement, StatementKind kind) {
    const bool is_view = std::holds_alternative<sql::ViewStatement>(statement.statement.body);
    return kind == StatementKind::all || is_view == (kind == StatementKind::view);
}

bool reads(const catalogue::StoredStatement& statement, const catalogue::StoredStream& stream,
           int partition) {
    const std::vector<int> partitions = sql::partitions_read(statement.statement, stream.stream);
    // A partition that the topic has gained since is read by the statements that read all of them.
    return stream.share.has(partition) &&
           (std::count(partitions.begin(), partitions.end(), partition) > 0 ||
            (partition >= stream.stream.partitions &&
             static_cast<int>(partitions.size()) == stream.stream.partitions));
}

bool StreamPlan::has_native() const {
    const auto is_native = [](const auto& task) { return task.native.query.has_value(); };
    return native_rules.checks || std::ranges::any_of(rows, is_native) ||
           std::ranges::any_of(views, is_native);
}

std::vector<int> StreamPlan::statements() const {
    std::vector<int> ids;
    for (const RowTask& task : rows)
        ids.push_back(task.statement.id);
    for (const ViewTask& task : views)
        ids.push_back(task.statement.id);
    return ids;
}

std::vector<int> StreamPlan::statements_reading(int partition) const {
    std::vector<int> ids;
    for (const RowTask& task : rows)
        if (reads(task.statement, stream, partition)) ids.push_back(task.statement.id);
    for (const ViewTask& task : views)
        if (reads(task.statement, stream, partition)) ids.push_back(task.statement.id);
    return ids;
}

std::string StreamPlan::search_path() const {
    return rows.empty() ? views.front().statement.search_path : rows.front().statement.search_path;
}

const std::string& StreamPlan::name_of(int statement) const {
    for (const RowTask& task : rows)
        if (task.statement.id == statement) return task.statement.statement.name;
    const auto view =
        std::ranges::find(views, statement, [](const ViewTask& task) { return task.statement.id; });
    return view->statement.statement.name;
}

std::vector<StreamPlan::ViewPass> passes_over(const std::vector<StreamPlan::ViewTask>& all,
                                              const std::vector<std::size_t>& views) {
    std::vector<const catalogue::StoredStatement*> statements;
    for (const std::size_t view : views)
        statements.push_back(&all[view].statement);
    std::vector<StreamPlan::ViewPass> passes;
    for (const auto& pass : share_passes(statements)) {
        passes.push_back({{}, view_script(pass)});
        for (const catalogue::StoredStatement* each : pass) {
            const auto place = std::ranges::find(statements, each) - statements.begin();
            passes.back().views.push_back(views[static_cast<std::size_t>(place)]);
        }
    }
    return passes;
}

StreamPlans plan_streams(postgres::Connection& connection, const catalogue::Catalogue& catalogue,
                         StatementKind kind, Execution execution) {
    StreamPlans plans;
    for (const catalogue::StoredStream& stream : catalogue.streams) {
        std::vector<const catalogue::StoredStatement*> statements;
        for (const catalogue::StoredStatement& each : catalogue.statements)
            if (each.stream_id == stream.id && is_of(each, kind) && !each.paused)
                statements.push_back(&each);
        if (!statements.empty()) add_plan(connection, stream, statements, execution, plans);
    }
    return plans;
}

Executions executions_of(postgres::Transaction& transaction,
                         const catalogue::Catalogue& catalogue) {
    Executions executions;
    for (const catalogue::StoredStream& stream : catalogue.streams) {
        std::vector<const catalogue::StoredStatement*> statements;
        for (const catalogue::StoredStatement& each : catalogue.statements)
            if (each.stream_id == stream.id) statements.push_back(&each);
        if (statements.empty()) continue;
        StreamPlans plans;
        transaction.run("SAVEPOINT tidewheel_executions");
        add_plan(transaction, stream, statements, Execution::native, plans);
        transaction.run("ROLLBACK TO tidewheel_executions; RELEASE tidewheel_executions");
        for (const StreamPlan& plan : plans.streams)
            add_executions(plan, executions);
    }
    return executions;
}

StreamPlans plan_stream(postgres::Connection& connection, const catalogue::Catalogue& catalogue,
                        int stream) {
    StreamPlans plans;
    std::vector<const catalogue::StoredStatement*> statements;
    for (const catalogue::StoredStatement& each : catalogue.statements) {
        if (each.stream_id != stream) continue;
        if (each.paused)
            plans.quarantined.push_back({each.statement.name, "it is paused",
                                         "Run `tidewheel resume " + each.statement.name + "`."});
        else
            statements.push_back(&each);
    }
    if (!statements.empty())
        add_plan(connection, catalogue.stream(stream), statements, Execution::pushdown, plans);
    return plans;
}

}  // namespace tidewheel::executor
