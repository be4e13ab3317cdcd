#include "executor_comparison.hpp"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tidewheel/core/text.hpp"

namespace tidewheel::executor {
namespace {

std::vector<std::string> tables_of(const StreamPlan& plan) {
    std::vector<std::string> tables;
    for (const StreamPlan::RowTask& task : plan.rows)
        tables.push_back(
            std::get<sql::RowStatement>(task.statement.statement.body).target.quoted());
    for (const StreamPlan::ViewTask& task : plan.views)
        tables.push_back(task.statement.state_table);
    return tables;
}

// What this transaction has left in the tables, whatever the order: the rows' number and a hash.
std::string written(postgres::Session& session, const std::vector<std::string>& tables) {
    std::string text;
    for (const std::string& table : tables)
        text +=
            "; " + table + " " +
            session
                .run(
                    "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0)"
                    " FROM " +
                    table + " t WHERE t.xmin::text::bigint >= pg_current_xact_id()::text::bigint")
                .at(0)
                .text(0);
    return text;
}

std::string run_by_postgres(postgres::Session& session, const std::vector<std::string>& tables,
                            const std::function<std::string(Pace)>& run) {
    try {
        const std::string result = run(Pace::full);
        return result + written(session, tables);
    } catch (const postgres::DatabaseError& error) {
        if (error.retryable()) throw;
        return error.what();
    }
}

}  // namespace

void run_in_both(postgres::Session& session, const StreamPlan& plan,
                 const std::function<std::string(Pace)>& run) {
    const std::vector<std::string> tables = tables_of(plan);
    session.run("LOCK TABLE " + joined(tables, ", ") + " IN SHARE ROW EXCLUSIVE MODE");
    session.run("SELECT pg_current_xact_id(); SAVEPOINT tidewheel_native");
    const std::string result = run(Pace::native);
    const std::string native = result + written(session, tables);
    session.run("ROLLBACK TO tidewheel_native; RELEASE tidewheel_native");
    const std::string pushdown = run_by_postgres(session, tables, run);
    if (native == pushdown) return;
    std::fprintf(stderr, "the executors differ: native %s, PostgreSQL %s\n", native.c_str(),
                 pushdown.c_str());
    std::abort();
}

}  // namespace tidewheel::executor
