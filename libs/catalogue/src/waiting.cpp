#include "tidewheel/catalogue/waiting.hpp"

#include "tidewheel/catalogue/progress.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::catalogue {
std::vector<Waiting> read_waiting(postgres::Session& session, const LaneClaim& claim) {
    std::vector<Waiting> waiting;
    const auto now = Clock::system().now();
    for (const postgres::Row& row : session.run(
             "SELECT w.statement_id, w.\"offset\", (extract(epoch FROM clock_timestamp() - "
             "w.since) * 1000)::bigint FROM tidewheel.waiting w JOIN tidewheel.progress p USING "
             "(statement_id, topic, partition) WHERE w.\"offset\" >= p.next_offset AND " +
             of_lane(claim, claim.statements)))
        waiting.push_back({static_cast<int>(row.integer(0)), row.integer(1),
                           now - std::chrono::milliseconds(row.integer(2))});
    return waiting;
}

void note_waiting(postgres::Session& session, const LaneClaim& claim,
                  const std::vector<int>& statements, std::int64_t offset,
                  const std::string& reason) {
    session.run(
        "INSERT INTO tidewheel.waiting AS w (statement_id, topic, partition, \"offset\", reason) "
        "SELECT p.statement_id, p.topic, p.partition, " +
        std::to_string(offset) + ", " + postgres::quote_literal(reason) +
        " FROM tidewheel.progress p WHERE p.epoch = " + std::to_string(claim.epoch) + " AND " +
        of_lane(claim, statements) +
        " ON CONFLICT (statement_id, partition) DO UPDATE SET topic = excluded.topic, \"offset\" = "
        "excluded.\"offset\", reason = excluded.reason, since = CASE WHEN w.topic = excluded.topic "
        "AND w.\"offset\" = excluded.\"offset\" THEN w.since ELSE excluded.since END");
}

void forget_waiting(postgres::Session& session, const LaneClaim& claim,
                    const std::vector<int>& statements, std::int64_t next) {
    session.run("DELETE FROM tidewheel.waiting p WHERE p.\"offset\" < " + std::to_string(next) +
                " AND " + of_lane(claim, statements));
}

std::string command_past(const std::vector<std::string>& statements, int partition,
                         std::int64_t offset) {
    return "tidewheel reset " + joined(statements, " ") + " --partition " +
           std::to_string(partition) + " --to " + std::to_string(offset + 1);
}

}  // namespace tidewheel::catalogue
