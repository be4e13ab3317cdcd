#include "native_forms.hpp"

#include "copy_target.hpp"
#include "self_check.hpp"
#include "tidewheel/executor/resolve.hpp"
#include "tidewheel/executor/view_script.hpp"

namespace tidewheel::executor {
namespace {

using engine::Unsupported;

// Texts go through the engine as UTF-8; in a database with another encoding PostgreSQL may refuse
// what the engine would take.
bool speaks_utf8(postgres::Transaction& transaction) {
    return transaction.query("SHOW server_encoding").at(0).text(0) == "UTF8";
}

NativeRules rules_of(postgres::Transaction& transaction, const StreamPlan& plan) {
    for (const engine::Column& column : plan.schema.columns)
        if (column.type.kind == engine::Kind::other)
            return {{}, "type " + column.type.sql};  // its conversion judges records
    auto resolved = resolve_rules(transaction, plan.stream);
    if (auto* unsupported = std::get_if<Unsupported>(&resolved)) return {{}, unsupported->reason};
    auto& checks = std::get<std::vector<engine::Expression>>(resolved);
    const auto program = engine::Program::compile(plan.schema, checks);
    if (auto* unsupported = std::get_if<Unsupported>(&program)) return {{}, unsupported->reason};
    return {std::move(checks), ""};
}

engine::GroupQuery query_of(ResolvedView view) {
    engine::Grouping grouping{std::move(view.keys), {}};
    for (ResolvedPartial& partial : view.partials)
        grouping.aggregates.push_back({std::move(partial.function), std::move(partial.argument),
                                       std::move(partial.filter), std::move(partial.type)});
    return {std::move(view.where), {std::move(grouping)}};
}

// Over empty arrays. What PostgreSQL says against it; empty: it takes it.
std::string rehearse(postgres::Transaction& transaction, const std::string& insert,
                     std::size_t arrays) {
    transaction.run("SAVEPOINT tidewheel_insert");
    try {
        transaction.query(insert, std::vector<postgres::Parameter>(arrays, "{}"));
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        transaction.run("ROLLBACK TO tidewheel_insert");
        return error.what();
    }
    transaction.run("RELEASE tidewheel_insert");
    return "";
}

// Throws Unsupported.
template <class Result>
Result supported(std::variant<Result, Unsupported> result) {
    if (const auto* unsupported = std::get_if<Unsupported>(&result)) throw *unsupported;
    return std::get<Result>(std::move(result));
}

void require_accepted(postgres::Transaction& transaction, const std::string& command,
                      std::size_t arrays) {
    if (std::string refusal = rehearse(transaction, command, arrays); !refusal.empty())
        throw Unsupported{std::move(refusal)};
}

engine::Repeats repeats_of(const sql::RowStatement& rows, const InsertTarget& target) {
    if (rows.on_conflict == sql::OnConflict::update)
        return target.last_wins ? engine::Repeats::last_first : engine::Repeats::in_rounds;
    return target.has_checks ? engine::Repeats::kept : engine::Repeats::dropped;
}

std::vector<engine::ValueLimit> limits_of(const InsertTarget& target, const CopyTarget& copy) {
    std::vector<engine::ValueLimit> limits;
    for (std::size_t i = 0; i < target.columns.size(); ++i)
        limits.push_back({!target.columns[i].not_null, engine::length_limit(copy.types[i])});
    return limits;
}

// Throws Unsupported.
engine::RowQuery query_of(postgres::Transaction& transaction, const StreamPlan& plan,
                          const StreamPlan::RowTask& task, CopyTarget target) {
    const auto& rows = std::get<sql::RowStatement>(task.statement.statement.body);
    if (rows.on_conflict == sql::OnConflict::update && target.key.empty())
        throw Unsupported{"ON CONFLICT with a key that is not made of columns it fills"};
    ResolvedInsert resolved =
        supported(resolve_insert(transaction, plan.stream, task.statement, target.types));
    engine::RowQuery query{std::move(resolved.where),      std::move(resolved.values),
                           limits_of(task.target, target), std::move(target.key),
                           repeats_of(rows, task.target),  task.target.in_any_order};
    supported(engine::RowProgram::compile(plan.schema, query));
    return query;
}

// Throws Unsupported.
void add_form(postgres::Transaction& transaction, const StreamPlan& plan,
              const StreamPlan::RowTask& task, NativeInsert& native) {
    const auto& rows = std::get<sql::RowStatement>(task.statement.statement.body);
    engine::RowQuery query =
        query_of(transaction, plan, task, supported(copy_target(transaction, rows, task.target)));
    std::vector<engine::Kind> kinds;
    for (const engine::Expression& value : query.values)
        kinds.push_back(value.type.kind);
    native.insert = array_insert(rows, task.target, kinds);
    if (rows.on_conflict != sql::OnConflict::update) native.copy = copy_into(rows, task.target);
    native.lock = "LOCK TABLE " + rows.target.quoted() + " IN ROW EXCLUSIVE MODE";
    native.passes_over_conflicts = rows.on_conflict == sql::OnConflict::nothing;
    transaction.run("SET LOCAL search_path = " + task.statement.search_path);
    require_accepted(transaction, native.insert, kinds.size() + (rows.keeps_places ? 2 : 0));
    require_accepted(transaction, native.lock, 0);
    if (query.repeats == engine::Repeats::last_first && task.target.has_checks) {
        native.trial = array_trial(task.statement, task.target, kinds);
        native.discard = std::get<InsertRounds>(task.script).discard;
        require_accepted(transaction, native.trial, kinds.size());
    }
    native.query = std::move(query);
}

NativeInsert insert_of(postgres::Transaction& transaction, const StreamPlan& plan,
                       const StreamPlan::RowTask& task) {
    NativeInsert native;
    const auto& rows = std::get<sql::RowStatement>(task.statement.statement.body);
    if (rows.merge) {
        native.reason = "it is a MERGE";
        return native;
    }
    native.state_query = table_state_query(rows.target);
    native.state = transaction.query(native.state_query).at(0).text(0);
    try {
        add_form(transaction, plan, task, native);
    } catch (const Unsupported& unsupported) {
        native.reason = unsupported.reason;
    }
    return native;
}

// Of the columns of the groups.
std::vector<engine::Kind> kinds_of(const engine::Grouping& grouping) {
    std::vector<engine::Kind> kinds;
    for (const engine::Expression& key : grouping.keys)
        kinds.push_back(key.type.kind);
    for (const engine::Aggregate& aggregate : grouping.aggregates)
        kinds.push_back(aggregate.result.kind);
    return kinds;
}

NativeView view_of(postgres::Transaction& transaction, const StreamPlan& plan,
                   const catalogue::StoredStatement& statement) {
    if (const auto& kept = std::get<sql::ViewStatement>(statement.statement.body).kept;
        !kept.empty())
        return {{}, "", "it keeps the values of " + kept.front().aggregate};
    auto resolved = resolve_view(transaction, plan.stream, statement);
    if (auto* unsupported = std::get_if<Unsupported>(&resolved))
        return {{}, "", unsupported->reason};
    engine::GroupQuery query = query_of(std::get<ResolvedView>(std::move(resolved)));
    const auto program = engine::GroupProgram::compile(plan.schema, query);
    if (auto* unsupported = std::get_if<Unsupported>(&program))
        return {{}, "", unsupported->reason};
    const std::vector<engine::Kind> kinds = kinds_of(query.groupings.front());
    std::string upsert = view_upsert(statement, kinds);
    if (std::string refusal = rehearse(transaction, upsert, kinds.size()); !refusal.empty())
        return {{}, "", std::move(refusal)};
    return {std::move(query), std::move(upsert), ""};
}

}  // namespace

void add_native_forms(postgres::Transaction& transaction, StreamPlan& plan) {
    if (!speaks_utf8(transaction))
        return leave_to_postgres(plan, "the database's encoding is not UTF8");
    plan.native_rules = rules_of(transaction, plan);
    for (StreamPlan::RowTask& task : plan.rows)
        task.native = insert_of(transaction, plan, task);
    for (StreamPlan::ViewTask& task : plan.views)
        task.native = view_of(transaction, plan, task.statement);
    check_native_forms(transaction, plan);
}

void leave_to_postgres(StreamPlan& plan, const std::string& reason) {
    plan.native_rules.reason = reason;
    for (StreamPlan::RowTask& task : plan.rows)
        task.native.reason = reason;
    for (StreamPlan::ViewTask& task : plan.views)
        task.native.reason = reason;
}

}  // namespace tidewheel::executor
