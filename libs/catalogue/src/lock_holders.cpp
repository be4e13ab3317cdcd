#include "tidewheel/catalogue/lock_holders.hpp"

#include "tidewheel/catalogue/catalogue_lock.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::catalogue {
namespace {

// pg_locks shows an advisory lock's key in two halves.
std::string holders() {
    return std::string(
               " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = "
               "'advisory' AND l.granted AND l.pid <> pg_backend_pid() AND l.database = (SELECT "
               "oid FROM pg_database WHERE datname = current_database()) AND l.objsubid = 1 AND "
               "(l.classid::bigint << 32 | l.objid::bigint) = ") +
           catalogue_lock;
}

}  // namespace

void end_frozen_holders(const Database& database) {
    const auto connection = database.connect();
    connection->query(
        "SELECT pg_terminate_backend(a.pid)" + holders() +
        " AND a.usename = current_user AND a.state = 'active' AND a.wait_event = 'ClientRead' AND "
        "a.query ILIKE 'COPY %' AND a.state_change < clock_timestamp() - interval '10 s'");
}

std::string catalogue_holders(const Database& database) {
    // PostgreSQL does not show what another role's backend does, nor since when.
    const auto connection = database.connect();
    return connection
        ->query(
            "SELECT string_agg(format('%s, pid %s%s', coalesce(nullif(a.application_name, ''), "
            "'a session'), a.pid, CASE "
            "WHEN a.usename <> current_user THEN ' of role ' || a.usename WHEN a.wait_event = "
            "'ClientRead' THEN ', waiting for its client since ' || date_trunc('second', "
            "a.state_change) END), '; ' ORDER BY a.pid)" +
            holders())
        .at(0)
        .text_or(0, "");
}

std::string lock_holder(postgres::Connection& connection, const std::string& relation) {
    const postgres::Rows rows = connection.query(
        "SELECT format('backend %s (%s%s)', a.pid, coalesce(nullif(a.application_name, ''), 'no "
        "application name'), ', since ' || date_trunc('second', a.xact_start)) FROM pg_locks l "
        "JOIN pg_stat_activity a USING (pid) WHERE l.granted AND a.pid <> pg_backend_pid() AND "
        "l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
        "l.relation = to_regclass($1) ORDER BY a.xact_start LIMIT 1",
        {relation});
    return rows.empty() ? "" : rows[0].text(0);
}

}  // namespace tidewheel::catalogue
