#include "tidewheel/catalogue/lane_rows.hpp"

#include <string_view>

#include "tidewheel/core/weakened.hpp"
#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::catalogue {

using postgres::id_array;
using std::to_string;

// The beginning of an error of our own, which PostgreSQL quotes: the text isn't a number.
static constexpr const char* not_ours = "rows of tidewheel.progress that are still ours: ";

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

postgres::Command require_claim(const LaneClaim& claim, const std::vector<int>& statements) {
    postgres::Command command{"SELECT "};
    command.sql += require_rows(command.add(to_string(statements.size())));
    command.sql += " FROM tidewheel.progress p WHERE " + add_under_claim(command, claim);
    command.sql +=
        " AND p.statement_id = ANY (" + command.add(id_array(statements)) + "::integer[])";
    return command;
}

std::string require_rows(const std::string& count) {
    return "CASE WHEN count(*) <> " + count + "::bigint THEN ('" + not_ours +
           "' || count(*))::integer END";
}

bool says_not_ours(const postgres::DatabaseError& error) {
    return std::string_view(error.what()).find(not_ours) != std::string_view::npos;
}

}  // namespace tidewheel::catalogue
