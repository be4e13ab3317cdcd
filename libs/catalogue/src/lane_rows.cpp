#include "tidewheel/catalogue/lane_rows.hpp"

#include "tidewheel/core/weakened.hpp"
#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::catalogue {

using postgres::id_array;
using std::to_string;

std::string of_lane(const LaneClaim& claim, const std::vector<int>& statements) {
    return "p.topic = " + postgres::quote_literal(claim.topic) +
           " AND p.partition = " + to_string(claim.partition) + " AND p.statement_id = ANY ('" +
           id_array(statements) + "'::integer[])";
}

std::string under_claim(const LaneClaim& claim, const std::vector<int>& statements) {
    return of_lane(claim, statements) +
           (weakened("no_epoch") ? "" : " AND p.epoch = " + to_string(claim.epoch));
}

std::string add_under_claim(postgres::Command& command, const LaneClaim& claim) {
    std::string condition = "p.topic = " + command.add(claim.topic) +
                            " AND p.partition = " + command.add(to_string(claim.partition)) +
                            "::integer";
    if (!weakened("no_epoch")) condition += " AND p.epoch = " + command.add(to_string(claim.epoch));
    return condition;
}

postgres::Command count_under_claim(const LaneClaim& claim, const std::vector<int>& statements) {
    postgres::Command count{"SELECT pg_backend_pid(), count(*) FROM tidewheel.progress p WHERE "};
    count.sql += add_under_claim(count, claim) + " AND p.statement_id = ANY (" +
                 count.add(id_array(statements)) + "::integer[])";
    return count;
}

}  // namespace tidewheel::catalogue
