#include "tidewheel/catalogue/progress.hpp"

#include <algorithm>
#include <string_view>

#include "tidewheel/core/text.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/postgres/sql_text.hpp"

namespace tidewheel::catalogue {
namespace {

using postgres::id_array;
using std::to_string;

// Clears what a row's log was recognized by, and what stopped it.
constexpr const char* forget_log =
    "last_offset = NULL, last_time = NULL, last_checksum = NULL, topic_id = NULL, missing_since = "
    "NULL, missing = NULL, missing_cause = NULL";

// What the log is recognized by, from now on.
void recognize_by(const engine::Batch& batch, const LaneClaim& claim, postgres::Command& update) {
    if (!batch.empty()) {
        const auto last = engine::fingerprint_of(batch.records().back());
        update.sql += ", last_offset = " + update.add(to_string(last.offset)) +
                      ", last_time = " + update.add(to_string(last.time)) +
                      ", last_checksum = " + update.add(to_string(last.checksum));
    }
    if (claim.topic_id) update.sql += ", topic_id = " + update.add(*claim.topic_id);
}

// A time, in microseconds since 2000.
std::string add_time(postgres::Command& command, std::optional<std::int64_t> microseconds) {
    return "timestamptz '2000-01-01 00:00:00+00' + " +
           command.add(microseconds ? postgres::Parameter(to_string(*microseconds))
                                    : postgres::Parameter()) +
           "::bigint * interval '1 microsecond'";
}

// The rows written by each of the statements, in their order.
std::vector<std::size_t> rows_written(const std::vector<int>& statements,
                                      const engine::Committed& done) {
    std::vector<std::size_t> rows;
    for (const int statement : statements) {
        const auto written =
            std::find_if(done.rows_written.begin(), done.rows_written.end(),
                         [&](const auto& each) { return each.first == statement; });
        rows.push_back(written == done.rows_written.end() ? 0 : written->second);
    }
    return rows;
}

// A quantile of each of the statements, in their order: the text of an array of milliseconds.
std::string milliseconds(const std::vector<std::optional<engine::Latency>>& latencies,
                         std::int64_t engine::Latency::*quantile) {
    std::vector<std::string> items;
    for (const auto& each : latencies)
        items.push_back(each ? to_string((*each).*quantile) : "NULL");
    return "{" + joined(items, ",") + "}";
}

// A row of m(statement, written).
std::string count_of(int statement, std::size_t rows) {
    return "(" + to_string(statement) + ", " + to_string(rows) + "::bigint)";
}

}  // namespace

// All values are parameters: the text of the command is the same for every batch, so that it is
// prepared once.
bool commit_progress(postgres::Session& session, const LaneClaim& claim,
                     const engine::CommitRequest& work, const engine::Committed& done,
                     std::optional<std::int64_t> watermark,
                     const std::vector<std::optional<engine::Latency>>& latencies) {
    const bool is_empty = work.batch.empty();
    postgres::Command update{"WITH moved AS (UPDATE tidewheel.progress p SET next_offset = "};
    const std::string records = update.add(to_string(work.batch.records().size())) + "::bigint";
    const std::string count = update.add(to_string(work.statements.size()));
    update.sql += update.add(to_string(work.end)) + ", watermark = greatest(p.watermark, " +
                  add_time(update, watermark) + "), records = p.records + " + records +
                  ", records_held = p.records_held + " + records +
                  ", rows_written = p.rows_written + m.written, seen_at = clock_timestamp(), "
                  "latency_p50 = m.p50 * interval '1 ms', latency_p99 = m.p99 * interval '1 ms'";
    if (work.partition_end >= 0)
        update.sql += ", end_offset = " + update.add(to_string(work.partition_end));
    if (!is_empty)
        update.sql += ", committed_at = clock_timestamp(), record_time = " +
                      add_time(update, engine::finite_time(work.batch.records().back().timestamp));
    recognize_by(work.batch, claim, update);
    update.sql +=
        " FROM unnest(" + update.add(id_array(work.statements)) + "::integer[], " +
        update.add(id_array(rows_written(work.statements, done))) + "::bigint[], " +
        update.add(milliseconds(latencies, &engine::Latency::p50)) + "::bigint[], " +
        update.add(milliseconds(latencies, &engine::Latency::p99)) +
        "::bigint[]) m(statement, written, p50, p99) WHERE p.statement_id = m.statement AND " +
        add_under_claim(update, claim);
    if (!weakened("no_compare"))
        update.sql += " AND p.next_offset = " + update.add(to_string(work.begin));
    // An error is what keeps the COMMIT behind it from being run.
    update.sql += " RETURNING 1) SELECT " + require_rows(count) + " FROM moved";
    try {
        session.run({update, {"COMMIT"}});
        return true;
    } catch (const postgres::DatabaseError& error) {
        if (!says_not_ours(error)) throw;
        return false;
    }
}

bool note_missing(postgres::Session& session, const LaneClaim& claim,
                  const engine::MissingData& missing) {
    const bool replaced = missing.cause() == engine::MissingData::Cause::replaced;
    return session
               .run(
                   "UPDATE tidewheel.progress p SET missing_since = coalesce(p.missing_since, "
                   "clock_timestamp()), missing = " +
                   postgres::quote_literal(missing.what()) + ", missing_cause = '" +
                   (replaced ? "replaced" : "deleted") + "' WHERE " +
                   under_claim(claim, missing.statements()))
               .affected == missing.statements().size();
}

void add_unread(postgres::Transaction& transaction, const LaneClaim& lane) {
    transaction.query(
        "INSERT INTO tidewheel.progress (statement_id, topic, partition)"
        " SELECT id, $2, $3::integer FROM tidewheel.statements WHERE id = ANY ($1::integer[])"
        " ON CONFLICT DO NOTHING",
        {id_array(lane.statements), lane.topic, to_string(lane.partition)});
}

// A claim that takes the row from another group's owner is counted; after five quiet minutes the
// count starts again.
postgres::Rows take_over(postgres::Transaction& transaction, const LaneClaim& lane,
                         const Claimant& claimant) {
    leave(transaction, lane, claimant);
    return transaction.query(
        "UPDATE tidewheel.progress SET epoch = $4::bigint, owner = $5, owner_session = $7::bigint,"
        " claimed_at = clock_timestamp(), owner_group = $6,"
        " rival = CASE WHEN owner_group <> $6 THEN owner ELSE rival END,"
        " rival_group = CASE WHEN owner_group <> $6 THEN owner_group ELSE rival_group END,"
        " contested = CASE WHEN owner_group <> $6 THEN 1 + CASE WHEN contested_at > "
        "clock_timestamp() - interval '5 minutes' THEN contested ELSE 0 END ELSE contested END,"
        " contested_at = CASE WHEN owner_group <> $6 THEN clock_timestamp() ELSE contested_at END"
        " WHERE statement_id = ANY ($1::integer[]) AND topic = $2 AND partition = $3::integer "
        "AND epoch < $4::bigint AND missing_since IS NULL RETURNING next_offset, last_offset, "
        "statement_id",
        {id_array(lane.statements), lane.topic, to_string(lane.partition), to_string(lane.epoch),
         claimant.owner,
         claimant.group.empty() ? postgres::Parameter() : postgres::Parameter(claimant.group),
         claimant.session ? postgres::Parameter(to_string(*claimant.session))
                          : postgres::Parameter()});
}

void begin_unread(postgres::Transaction& transaction, const LaneClaim& lane, std::int64_t first) {
    transaction.query(
        "UPDATE tidewheel.progress SET next_offset = $4::bigint, records_held = 0"
        " WHERE statement_id = ANY ($1::integer[]) AND topic = $2 AND partition = $3::integer AND "
        "next_offset IS NULL",
        {id_array(lane.statements), lane.topic, to_string(lane.partition), to_string(first)});
}

void leave(postgres::Transaction& transaction, const LaneClaim& lane, const Claimant& claimant) {
    if (!claimant.session) return;
    transaction.query(
        "UPDATE tidewheel.progress SET owner_session = NULL WHERE statement_id <> ALL "
        "($1::integer[]) AND topic = $2 AND partition = $3::integer AND owner_session = "
        "$4::bigint AND owner_group = $5",
        {id_array(lane.statements), lane.topic, to_string(lane.partition),
         to_string(*claimant.session), claimant.group});
}

void fence(postgres::Transaction& transaction, const std::vector<int>& statements) {
    const std::string of_these = " WHERE statement_id = ANY ($1::integer[])";
    transaction.query("SELECT FROM tidewheel.progress" + of_these +
                          " ORDER BY statement_id, partition FOR UPDATE",
                      {id_array(statements)});
    transaction.query("UPDATE tidewheel.progress SET epoch = nextval('tidewheel.epoch')" + of_these,
                      {id_array(statements)});
}

void add_partition(postgres::Transaction& transaction, int statement, const std::string& topic,
                   int partition, std::optional<std::int64_t> next) {
    transaction.query(
        "INSERT INTO tidewheel.progress (statement_id, topic, partition, next_offset) VALUES ($1, "
        "$2, $3, $4)",
        {to_string(statement), topic, to_string(partition),
         next ? postgres::Parameter(to_string(*next)) : postgres::Parameter()});
}

void remove_partition(postgres::Transaction& transaction, int statement, int partition) {
    transaction.query("DELETE FROM tidewheel.progress WHERE statement_id = $1 AND partition = $2",
                      {to_string(statement), to_string(partition)});
}

void begin_at(postgres::Transaction& transaction, int statement, const std::string& topic,
              int partition, std::int64_t next) {
    transaction.query(
        "INSERT INTO tidewheel.progress (statement_id, topic, partition, next_offset, "
        "records_held) VALUES ($1, $2, $3, $4, 0) ON CONFLICT (statement_id, partition) DO UPDATE "
        "SET next_offset = excluded.next_offset, records_held = 0",
        {to_string(statement), topic, to_string(partition), to_string(next)});
}

void move_to(postgres::Transaction& transaction, int statement, int partition, std::int64_t next,
             std::int64_t first) {
    transaction.query(
        std::string(
            "UPDATE tidewheel.progress SET next_offset = $3::bigint, records_held = CASE WHEN "
            "next_offset IS NULL OR $3::bigint <= $4::bigint THEN 0 WHEN $3::bigint >= "
            "next_offset THEN records_held END, ") +
            forget_log + " WHERE statement_id = $1::integer AND partition = $2::integer",
        {to_string(statement), to_string(partition), to_string(next), to_string(first)});
}

std::string statements_of(const std::vector<Reading>& readings) {
    std::vector<int> statements;
    for (const Reading& each : readings)
        statements.push_back(each.statement);
    return id_array(statements);
}

std::string partitions_of(const std::vector<Reading>& readings) {
    std::vector<int> partitions;
    for (const Reading& each : readings)
        partitions.push_back(each.partition);
    return id_array(partitions);
}

void begin_topic_again(postgres::Transaction& transaction, const std::string& topic, int partitions,
                       const std::vector<Reading>& in_it) {
    transaction.query(
        "DELETE FROM tidewheel.progress WHERE topic = $1 AND statement_id IN (SELECT id FROM "
        "tidewheel.statements WHERE rebuilds IS NOT NULL)",
        {topic});
    transaction.query("DELETE FROM tidewheel.progress WHERE topic = $1 AND partition >= $2",
                      {topic, to_string(partitions)});
    transaction.query(
        std::string("UPDATE tidewheel.progress SET next_offset = NULL, end_offset = NULL, "
                    "records_held = 0, ") +
            forget_log +
            " WHERE topic = $1 AND NOT EXISTS (SELECT FROM unnest($2::integer[], $3::integer[]) AS "
            "i(statement, partition) WHERE i.statement = progress.statement_id AND i.partition = "
            "progress.partition)",
        {topic, statements_of(in_it), partitions_of(in_it)});
}

void forget_rebuild(postgres::Transaction& transaction, int statement) {
    transaction.query(
        "DELETE FROM tidewheel.progress WHERE statement_id IN (SELECT id FROM tidewheel.statements "
        "WHERE rebuilds = $1)",
        {to_string(statement)});
}

void take_progress_of_shadow(postgres::Transaction& transaction, int view, int shadow) {
    const std::vector<postgres::Parameter> both{to_string(view), to_string(shadow)};
    transaction.query(
        "UPDATE tidewheel.progress p SET watermark = s.watermark, record_time = s.record_time, "
        "records = s.records, records_held = s.records_held, rows_written = s.rows_written, "
        "last_offset = s.last_offset, last_time = s.last_time, last_checksum = s.last_checksum, "
        "topic_id = s.topic_id, missing_since = NULL, missing = NULL, missing_cause = NULL "
        "FROM tidewheel.progress s WHERE "
        "p.statement_id = $1 AND s.statement_id = $2 AND s.partition = p.partition",
        both);
    const std::string lacks =
        " AND NOT EXISTS (SELECT FROM tidewheel.progress o WHERE "
        "o.partition = p.partition AND o.statement_id = ";
    transaction.query("DELETE FROM tidewheel.progress p WHERE statement_id = $1" + lacks + "$2)",
                      both);
    transaction.query(
        "UPDATE tidewheel.progress p SET statement_id = $1, epoch = nextval('tidewheel.epoch') "
        "WHERE statement_id = $2" +
            lacks + "$1)",
        both);
    transaction.query("DELETE FROM tidewheel.progress WHERE statement_id = $1", {both[1]});
}

void count_redriven(postgres::Session& session, const std::string& topic, int partition,
                    const std::map<int, std::size_t>& rows_written,
                    std::optional<std::int64_t> watermark) {
    if (rows_written.empty()) return;
    std::vector<std::string> counts;
    for (const auto& [statement, rows] : rows_written)
        counts.push_back(count_of(statement, rows));
    session.run(
        "UPDATE tidewheel.progress p SET rows_written = p.rows_written + m.written, watermark = "
        "greatest(p.watermark, " +
        postgres::timestamp(watermark) + ") FROM (VALUES " + joined(counts, ", ") +
        ") m(statement, written) WHERE p.statement_id = m.statement AND " + "p.topic = " +
        postgres::quote_literal(topic) + " AND p.partition = " + to_string(partition));
}

}  // namespace tidewheel::catalogue
