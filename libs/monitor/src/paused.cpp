#include "tidewheel/monitor/paused.hpp"

#include "tidewheel/sql/relation_name.hpp"

namespace tidewheel::monitor {

std::vector<PausedService> read_paused(postgres::Connection& connection) {
    std::vector<PausedService> all;
    for (const postgres::Row& row : connection.query(
             "SELECT 'sink ' AS kind, schema_name, name, date_trunc('second', paused_at) FROM "
             "tidewheel.sinks WHERE paused_at IS NOT NULL UNION ALL SELECT '', schema_name, name, "
             "date_trunc('second', intake_paused_at) FROM tidewheel.streams WHERE intake_paused_at "
             "IS NOT NULL ORDER BY 1 DESC, 2, 3"))
        all.push_back({row.text(0) + sql::label({row.text(1), row.text(2)}), row.text(3)});
    return all;
}

}  // namespace tidewheel::monitor
