#include "tidewheel/monitor/lag_snapshot.hpp"

#include <string_view>

#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel/postgres/sqlstate.hpp"

namespace tidewheel::monitor {
namespace {

using postgres::Row;

using Place = std::pair<int, int>;  // statement, partition

// A role that may not see others' sessions sees only that they exist.
const std::string activity_query =
    "SELECT DISTINCT ON (p.statement_id, p.partition) p.statement_id, p.partition, a.pid IS NOT "
    "NULL OR EXISTS (SELECT FROM " +
    std::string(postgres::advisory_locks) +
    " l WHERE l.key = p.owner_session), coalesce(p.owner, ''), "
    "coalesce(a.state, ''), coalesce(a.wait_event_type || '/' || a.wait_event, ''), "
    "coalesce(a.query, ''), "
    "coalesce(extract(epoch FROM clock_timestamp() - a.state_change), 0)::float8, "
    "coalesce((SELECT format('backend %s (%s, role %s, %s): %s', b.pid, "
    "coalesce(nullif(b.application_name, ''), 'no application name'), b.usename, b.state, b.query) "
    "FROM pg_stat_activity b WHERE b.pid = ANY (pg_blocking_pids(a.pid)) ORDER BY b.xact_start "
    "LIMIT 1), ''), extract(epoch FROM clock_timestamp() - p.seen_at)::float8 "
    "FROM tidewheel.progress p LEFT JOIN " +
    std::string(postgres::advisory_locks) + " m ON m.key = " + postgres::batch_mark("p.epoch") +
    " LEFT JOIN pg_stat_activity a ON a.pid = m.pid";

std::map<Place, OwnerActivity> read_activities(postgres::Connection& connection) {
    std::map<Place, OwnerActivity> activities;
    for (const Row& row : connection.query(activity_query)) {
        OwnerActivity activity{row.boolean(2), row.text(3),   row.text(4), row.text(5),
                               row.text(6),    row.number(7), row.text(8), {}};
        if (!row.is_null(9)) activity.seen_age = row.number(9);
        activities[{static_cast<int>(row.integer(0)), static_cast<int>(row.integer(1))}] =
            std::move(activity);
    }
    return activities;
}

std::map<int, std::string> read_pauses(postgres::Connection& connection) {
    std::map<int, std::string> paused;
    for (const Row& row :
         connection.query("SELECT id, date_trunc('second', paused_at) FROM tidewheel.statements "
                          "WHERE paused_at IS NOT NULL"))
        paused[static_cast<int>(row.integer(0))] = row.text(1);
    return paused;
}

std::map<std::string, executor::QuarantinedStatement> try_statements(
    postgres::Connection& connection) {
    const catalogue::Catalogue catalogue = catalogue::load_catalogue(connection);
    std::map<std::string, executor::QuarantinedStatement> quarantined;
    for (const auto kind : {executor::StatementKind::rows, executor::StatementKind::view})
        try {
            for (auto& each :
                 executor::plan_streams(connection, catalogue, kind, executor::Execution::pushdown)
                     .quarantined)
                quarantined.emplace(each.name, each);
        } catch (const postgres::DatabaseError& error) {
            if (error.sqlstate() == postgres::sqlstate::insufficient_privilege) continue;
            if (!error.retryable() || error.sqlstate().empty()) throw;
        }
    return quarantined;
}

bool is_read_only(postgres::Connection& connection) {
    return connection
        .query("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean")[0]
        .boolean(0);
}

}  // namespace

LagSnapshot read_snapshot(postgres::Connection& connection, std::vector<Observed> statements,
                          Strangers strangers) {
    return {std::move(statements),       std::move(strangers),    catalogue::rivalries(connection),
            read_activities(connection), read_pauses(connection), try_statements(connection),
            is_read_only(connection)};
}

}  // namespace tidewheel::monitor
