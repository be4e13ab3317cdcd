#include "tidewheel/postgres/stream_plan.hpp"

#include <algorithm>
#include <optional>

namespace tidewheel::postgres {
namespace {

bool is_of(const StoredStatement& statement, StatementKind kind) {
    return std::holds_alternative<sql::ViewStatement>(statement.statement.body) ==
           (kind == StatementKind::view);
}

// Makes the statement's scripts and runs them over no record.
void add_statement(Transaction& transaction, const StoredStatement& statement, StreamPlan& plan) {
    transaction.run("SET LOCAL search_path = " + statement.search_path);
    if (const auto* rows = std::get_if<sql::RowStatement>(&statement.statement.body)) {
        RowScript script = row_script(statement, resolve_target(transaction, *rows));
        if (!script.setup.empty()) transaction.run(script.setup);
        transaction.run(script.whole());
        plan.rows.push_back({statement, std::move(script)});
    } else {
        transaction.run(view_script({&statement}));
        plan.views.push_back(statement);
    }
}

// Trouble with what the statement names: it is refused, locked by somebody, or lies on a server
// that doesn't answer (a foreign table). All else is trouble of the server's.
bool is_its_own(const Error& error) {
    if (error.kind() == Error::Kind::refused) return true;
    const auto* said = dynamic_cast<const DatabaseError*>(&error);
    return said && (said->sqlstate() == "55P03" || said->sqlstate().starts_with("08"));
}

// The statement's own trouble is caught; the server's is thrown on.
std::optional<StoppedStatement> try_statement(Transaction& transaction,
                                              const StoredStatement& statement, StreamPlan& plan) {
    transaction.run("SAVEPOINT tidewheel_plan");
    try {
        add_statement(transaction, statement, plan);
        transaction.run("RELEASE tidewheel_plan");
        return {};
    } catch (const Error& error) {
        if (!is_its_own(error)) throw;
        transaction.run("ROLLBACK TO tidewheel_plan");
        const std::string hint = error.hint().empty()
                                     ? "mend it, or give the statement up: tidewheel drop " +
                                           quote_name(statement.statement.name)
                                     : error.hint();
        const auto* said = dynamic_cast<const DatabaseError*>(&error);
        return StoppedStatement{statement.statement.name, error.what(), hint,
                                said ? said->sqlstate() : ""};
    }
}

// All of it over temporary relations that are rolled back.
void add_plan(Connection& connection, const StoredStream& stream,
              const std::vector<const StoredStatement*>& statements, StreamPlans& plans) {
    StreamPlan plan{stream, stream.schema, {}, {}};
    Transaction transaction(connection);
    transaction.run("SET LOCAL lock_timeout = '5s'");
    transaction.run("SET LOCAL search_path = " + statements.front()->search_path);
    transaction.run(stage_ddl(stream));
    std::vector<const StoredStatement*> sound;
    for (const StoredStatement* each : statements) {
        if (auto stopped = try_statement(transaction, *each, plan))
            plans.stopped.push_back(std::move(*stopped));
        else
            sound.push_back(each);
    }
    if (sound.empty()) return;
    plan.schema.needed = needed_columns(transaction, stream, sound);
    plans.streams.push_back(std::move(plan));
}

}  // namespace

bool reads(const StoredStatement& statement, const StoredStream& stream, int partition) {
    const std::vector<int> partitions = sql::partitions_read(statement.statement, stream.stream);
    // A partition that the topic has gained since is read by whoever reads them all.
    return std::count(partitions.begin(), partitions.end(), partition) > 0 ||
           (partition >= stream.stream.partitions &&
            static_cast<int>(partitions.size()) == stream.stream.partitions);
}

std::vector<int> StreamPlan::statements_reading(int partition) const {
    std::vector<int> ids;
    for (const RowTask& task : rows)
        if (reads(task.statement, stream, partition)) ids.push_back(task.statement.id);
    for (const StoredStatement& view : views)
        if (reads(view, stream, partition)) ids.push_back(view.id);
    return ids;
}

std::string StreamPlan::search_path() const {
    return rows.empty() ? views.front().search_path : rows.front().statement.search_path;
}

StreamPlans plan_streams(Connection& connection, const Catalogue& catalogue, StatementKind kind) {
    StreamPlans plans;
    for (const StoredStream& stream : catalogue.streams) {
        std::vector<const StoredStatement*> statements;
        for (const StoredStatement& each : catalogue.statements)
            if (each.stream_id == stream.id && is_of(each, kind) && !each.paused)
                statements.push_back(&each);
        if (!statements.empty()) add_plan(connection, stream, statements, plans);
    }
    return plans;
}

StreamPlans plan_stream(Connection& connection, const Catalogue& catalogue, int stream) {
    StreamPlans plans;
    std::vector<const StoredStatement*> statements;
    for (const StoredStatement& each : catalogue.statements) {
        if (each.stream_id != stream) continue;
        if (each.paused)
            plans.stopped.push_back(
                {each.statement.name, "it is paused", "tidewheel resume " + each.statement.name});
        else
            statements.push_back(&each);
    }
    if (!statements.empty()) add_plan(connection, catalogue.stream(stream), statements, plans);
    return plans;
}

}  // namespace tidewheel::postgres
