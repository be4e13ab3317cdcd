#include "tidewheel/postgres/backend_mark.hpp"

namespace tidewheel::postgres {

std::string batch_mark(const std::string& epoch) {
    return "hashtextextended('tidewheel batch ' || " + epoch + ", 0)";
}

std::int64_t show_presence(Connection& connection) {
    return connection
        .query(
            "WITH session AS MATERIALIZED (SELECT hashtextextended('tidewheel service ' || "
            "gen_random_uuid(), 0) AS key) SELECT key, pg_advisory_lock(key) FROM session")
        .at(0)
        .integer(0);
}

}  // namespace tidewheel::postgres
