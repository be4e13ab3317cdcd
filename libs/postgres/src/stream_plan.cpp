#include "tidewheel/postgres/stream_plan.hpp"

#include <algorithm>

namespace tidewheel::postgres {
namespace {

bool is_of(const StoredStatement& statement, StatementKind kind) {
    return std::holds_alternative<sql::ViewStatement>(statement.statement.body) ==
           (kind == StatementKind::view);
}

bool reads(const StoredStatement& statement, const StoredStream& stream, int partition) {
    const std::vector<int> partitions = sql::partitions_read(statement.statement, stream.stream);
    // A partition that the topic has gained since is read by whoever reads them all.
    return std::count(partitions.begin(), partitions.end(), partition) > 0 ||
           (partition >= stream.stream.partitions &&
            static_cast<int>(partitions.size()) == stream.stream.partitions);
}

// Asks PostgreSQL what the scripts have to know, over temporary relations that are rolled back.
StreamPlan plan_stream(Connection& connection, const StoredStream& stream,
                       const std::vector<const StoredStatement*>& statements) {
    StreamPlan plan{stream, stream.schema, {}, {}};
    Transaction transaction(connection);
    transaction.run("SET LOCAL search_path = " + statements.front()->search_path);
    transaction.run(stage_ddl(stream));
    for (const StoredStatement* each : statements) {
        const auto* rows = std::get_if<sql::RowStatement>(&each->statement.body);
        if (!rows) {
            plan.views.push_back(*each);
            continue;
        }
        transaction.run("SET LOCAL search_path = " + each->search_path);
        plan.rows.push_back({*each, row_script(*each, resolve_target(transaction, *rows))});
    }
    plan.schema.needed = needed_columns(transaction, stream, statements);
    return plan;
}

}  // namespace

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

std::vector<StreamPlan> plan_streams(Connection& connection, const Catalogue& catalogue,
                                     StatementKind kind) {
    std::vector<StreamPlan> plans;
    for (const StoredStream& stream : catalogue.streams) {
        std::vector<const StoredStatement*> statements;
        for (const StoredStatement& each : catalogue.statements)
            if (each.stream_id == stream.id && is_of(each, kind)) statements.push_back(&each);
        if (!statements.empty()) plans.push_back(plan_stream(connection, stream, statements));
    }
    return plans;
}

}  // namespace tidewheel::postgres
