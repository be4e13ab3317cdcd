#include "cli/lock_holder.hpp"

namespace tidewheel::cli {

// A role that may not see others' sessions doesn't hear since when.
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

}  // namespace tidewheel::cli
