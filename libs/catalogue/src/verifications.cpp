#include "tidewheel/catalogue/verifications.hpp"

namespace tidewheel::catalogue {

using std::to_string;

void note_findings(postgres::Connection& connection, const std::vector<Finding>& findings) {
    postgres::Transaction transaction(connection);
    for (const Finding& each : findings)
        for (const std::string& statement : each.statements)
            transaction.query(
                "INSERT INTO tidewheel.verifications (statement_id, verdict, is_part, missing, "
                "unexpected, unjudged) SELECT id, $2, $3::boolean, $4::bigint, $5::bigint, "
                "$6::bigint FROM tidewheel.statements WHERE name = $1 AND rebuilds IS NULL "
                "ON CONFLICT (statement_id) DO UPDATE SET verified_at = excluded.verified_at, "
                "verdict = excluded.verdict, is_part = excluded.is_part, missing = "
                "excluded.missing, unexpected = excluded.unexpected, unjudged = excluded.unjudged",
                {statement, each.verdict, each.is_part ? "true" : "false", to_string(each.missing),
                 to_string(each.unexpected), to_string(each.unjudged)});
    transaction.commit();
}

std::map<int, LastVerification> last_verifications(postgres::Connection& connection) {
    std::map<int, LastVerification> found;
    for (const postgres::Row& row : connection.query(
             "SELECT s.id, s.name, v.verdict, date_trunc('second', v.verified_at), extract(epoch "
             "FROM clock_timestamp() - v.verified_at)::float8, v.is_part FROM "
             "tidewheel.verifications v JOIN tidewheel.statements s ON s.id = v.statement_id WHERE "
             "s.rebuilds IS NULL"))
        found[static_cast<int>(row.integer(0))] = {row.text(1), row.text(2), row.text(3),
                                                   row.number(4), row.boolean(5)};
    return found;
}

}  // namespace tidewheel::catalogue
