#include "cli/catalogue_holders.hpp"

#include "cli/context.hpp"
#include "tidewheel/postgres/catalogue_lock.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

// pg_locks shows an advisory lock's key in two halves.
std::string holders() {
    return std::string(
               " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = "
               "'advisory' AND l.granted AND l.pid <> pg_backend_pid() AND l.database = (SELECT "
               "oid FROM pg_database WHERE datname = current_database()) AND l.objsubid = 1 AND "
               "(l.classid::bigint << 32 | l.objid::bigint) = ") +
           postgres::catalogue_lock;
}

}  // namespace

void end_frozen_holders(const Context& context) {
    const auto connection = context.connect();
    connection->query(
        "SELECT pg_terminate_backend(a.pid)" + holders() +
        " AND a.usename = current_user AND a.state = 'active' AND a.wait_event = 'ClientRead' AND "
        "a.query ILIKE 'COPY %' AND a.state_change < clock_timestamp() - interval '10 s'");
}

std::string catalogue_holders(const Context& context) {
    // Of another role's backend PostgreSQL shows neither what it does nor since when.
    const auto connection = context.connect();
    return connection
        ->query(
            "SELECT string_agg(format('%s, pid %s%s', coalesce(nullif(a.application_name, ''), "
            "'somebody'), a.pid, CASE "
            "WHEN a.usename <> current_user THEN ' of role ' || a.usename WHEN a.wait_event = "
            "'ClientRead' THEN ', waiting for its client since ' || date_trunc('second', "
            "a.state_change) END), '; ' ORDER BY a.pid)" +
            holders())
        .at(0)
        .text_or(0, "");
}

}  // namespace tidewheel::cli
