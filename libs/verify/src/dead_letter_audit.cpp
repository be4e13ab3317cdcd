#include "dead_letter_audit.hpp"

#include "replay.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::verify {

using postgres::quote_literal;
using postgres::Row;

Findings DeadLetterAudit::run() {
    // Without statistics the planner may expect few dead letters, and scan all records for each of
    // them in a nested loop.
    session_.run("SET LOCAL enable_nestloop = off");
    compare_bytes();
    count_other_records();
    judge();
    session_.run("SET LOCAL enable_nestloop TO DEFAULT");
    find_good_records();
    return std::move(findings_);
}

void DeadLetterAudit::compare_bytes() {
    for (const Row& row : session_.run(
             "SELECT r.partition, r.\"offset\", d.reason FROM pg_temp.tidewheel_raw r CROSS "
             "JOIN LATERAL (SELECT d.reason, d.payload " +
             of_record() +
             " AND d.discarded_at IS NULL) d WHERE d.payload IS DISTINCT FROM r.payload LIMIT "
             "10"))
        findings_.problems.push_back(text_of(row) + " does not hold the record's bytes");
}

void DeadLetterAudit::count_other_records() {
    const std::int64_t others =
        session_
            .run(
                "SELECT count(*) FROM pg_temp.tidewheel_raw r JOIN tidewheel.dead_letters d "
                "USING (partition, \"offset\") WHERE d.stream_id = " +
                std::to_string(stream_.id) + " AND d.topic = " +
                quote_literal(stream_.stream.topic) + " AND NOT " + of_this_record)[0]
            .integer(0);
    if (others > 0)
        findings_.notes.push_back(plural(others, "dead letter") + " of topic " +
                                  stream_.stream.topic +
                                  " hold records of an earlier topic of that name");
}

// Those that the stream's own rules made, with the verdict of the present rules. What a statement
// refused is tried after its replay.
void DeadLetterAudit::judge() {
    session_.run(
        "CREATE TEMP TABLE tidewheel_parked AS SELECT r.partition, r.\"offset\", d.reason, "
        "d.is_discarded, d.is_older, pg_temp.tidewheel_judge(r) AS fault FROM "
        "pg_temp.tidewheel_raw r CROSS JOIN LATERAL (SELECT d.reason, d.discarded_at IS NOT "
        "NULL AS is_discarded, coalesce(greatest(d.parked_at, d.tried_at) < (SELECT changed_at "
        "+ interval '1 minute' FROM tidewheel.streams WHERE id = d.stream_id), false) AS "
        "is_older " +
        of_record() + " AND d.statement_id IS NULL) d");
    session_.run("ANALYZE pg_temp.tidewheel_parked");
}

// Where the rules have changed since (services take a moment to notice), that is to be expected.
void DeadLetterAudit::find_good_records() {
    for (const Row& row :
         session_.run("SELECT partition, \"offset\", reason FROM pg_temp.tidewheel_parked "
                      "WHERE fault IS NULL AND NOT is_discarded AND NOT is_older LIMIT 10"))
        findings_.problems.push_back(text_of(row) + " is a valid record according to PostgreSQL");
    const std::int64_t older =
        session_
            .run(
                "SELECT count(*) FROM pg_temp.tidewheel_parked WHERE fault IS NULL AND "
                "is_older AND NOT is_discarded")[0]
            .integer(0);
    if (older > 0)
        findings_.notes.push_back(plural(older, "dead letter") + " of topic " +
                                  stream_.stream.topic +
                                  " would pass the current rules: tidewheel dlq redrive --stream " +
                                  sql::label(stream_.stream.name));
}

// SQL: the dead letters d of a record r, FROM and WHERE.
std::string DeadLetterAudit::of_record() const {
    return "FROM tidewheel.dead_letters d WHERE d.stream_id = " + std::to_string(stream_.id) +
           " AND d.topic = " + quote_literal(stream_.stream.topic) +
           " AND d.partition = r.partition AND d.\"offset\" = r.\"offset\" AND " + of_this_record;
}

// "dead letter orders[0]@17 (reason)", of a row that begins with partition, offset and reason.
std::string DeadLetterAudit::text_of(const Row& row) const {
    return "dead letter " + stream_.stream.topic + "[" + row.text(0) + "]@" + row.text(1) + " (" +
           row.text(2) + ")";
}

}  // namespace tidewheel::verify
