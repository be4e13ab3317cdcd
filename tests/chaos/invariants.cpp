#include "chaos/invariants.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::chaos {
namespace {

using postgres::Connection;
using postgres::Parameter;
using postgres::Row;
using postgres::Rows;
using testing::Deployment;

std::string file(const std::string& name) {
    std::ifstream stream(TIDEWHEEL_CHAOS_DIR "/" + name);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// Rows on their way into a table, some thousands at a time.
class Loader {
  public:
    Loader(Connection& connection, std::string insert, std::size_t columns)
        : connection_(connection), insert_(std::move(insert)), columns_(columns) {}

    void add(std::vector<std::string> row) {
        for (std::size_t i = 0; i < columns_.size(); ++i)
            columns_[i].emplace_back(std::move(row[i]));
        if (columns_[0].size() == 20'000) flush();
    }
    void flush() {
        std::vector<Parameter> arrays;
        for (auto& column : columns_) {
            arrays.emplace_back(postgres::array_literal(column));
            column.clear();
        }
        connection_.query(insert_, arrays);
    }

  private:
    Connection& connection_;
    std::string insert_;
    std::vector<std::vector<Parameter>> columns_;
};

void load_sent(Connection& connection, const Ledger& ledger) {
    Loader loader(
        connection,
        "INSERT INTO chaos.sent SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])", 3);
    for (const Sent& each : ledger.entries())
        loader.add(
            {std::to_string(each.id), std::string(word(each.kind)), std::string(word(each.fate))});
    loader.flush();
}

// By a reader in no group, which sees committed transactions alone. A record whose key is no number
// is nobody's: -1.
void load_topic(Connection& connection, const Deployment& deployment) {
    Loader loader(connection,
                  "INSERT INTO chaos.in_topic SELECT * FROM unnest($1::integer[], $2::bigint[], "
                  "$3::bigint[])",
                  3);
    kafka::Admin admin(deployment.kafka());
    const int partitions = admin.partitions(deployment.topic()).value_or(0);
    for (int partition = 0; partition < partitions; ++partition) {
        const auto [begin, end] = admin.watermarks(deployment.topic(), partition);
        kafka::read_partition(deployment.kafka(), {deployment.topic(), partition}, begin, end,
                              std::chrono::seconds(30), [&](const engine::Record& record) {
                                  const std::string key(record.key.value_or(""));
                                  const bool ours =
                                      !key.empty() &&
                                      key.find_first_not_of("0123456789") == std::string::npos;
                                  loader.add({std::to_string(partition),
                                              std::to_string(record.offset), ours ? key : "-1"});
                              });
    }
    loader.flush();
}

void load(Connection& connection, const Deployment& deployment, const Ledger& ledger) {
    connection.query("TRUNCATE chaos.sent, chaos.in_topic, chaos.wrong");
    load_sent(connection, ledger);
    load_topic(connection, deployment);
    for (const char* table : {"chaos.sent", "chaos.in_topic", "plain", "keyed"})
        connection.query(std::string("ANALYZE ") + table);
}

// Kafka's own part, without which nothing that follows would mean much: what it acknowledged is
// there, what was aborted is not.
constexpr const char* topic_against_producers = R"(
SELECT verdict, count(*), min(id) FROM (
    SELECT s.id, CASE WHEN s.fate = 'acknowledged' AND count(t.id) = 0 THEN 'acknowledged by Kafka, but not in the topic'
                      WHEN s.fate = 'aborted' AND count(t.id) > 0 THEN 'aborted, but a reader of the topic sees it'
                      WHEN count(t.id) > 1 THEN 'in the topic twice, but sent once' END AS verdict
    FROM chaos.sent s LEFT JOIN chaos.in_topic t USING (id) GROUP BY s.id, s.fate
    UNION ALL
    SELECT id, 'in the topic, but never sent' FROM chaos.in_topic t WHERE NOT EXISTS (SELECT FROM chaos.sent s WHERE s.id = t.id)) each
WHERE verdict IS NOT NULL GROUP BY verdict)";

// $1: the statement, which stores into the table of its name; $2: the kinds of record that it
// stores. A record is parked for every statement that its dead letter names.
std::string rows_against_topic(const std::string& table) {
    return R"(
WITH own AS (
    SELECT s.id, p.partition, p.next_offset FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = p.statement_id
    WHERE s.name = $1),
due AS (
    SELECT t.partition, t."offset", e.kind FROM chaos.in_topic t JOIN chaos.sent e USING (id) JOIN own USING (partition)
    WHERE t."offset" < own.next_offset),
stored AS (SELECT "partition", "offset", count(*) AS times FROM )" +
           table + R"( GROUP BY 1, 2),
parked AS (
    SELECT d.partition, d."offset", count(*) AS times FROM tidewheel.dead_letters d JOIN own USING (partition)
    WHERE own.id = ANY (d.missed_by) GROUP BY 1, 2),
judged AS (
    SELECT partition, "offset", CASE
        WHEN kind IS NULL AND stored.times > 0 THEN 'stored, but not a record below the progress'
        WHEN kind IS NULL THEN 'parked, but not a record below the progress'
        WHEN stored.times IS NULL AND parked.times IS NULL THEN 'lost'
        WHEN coalesce(stored.times, 0) + coalesce(parked.times, 0) > 1 THEN 'doubled'
        WHEN stored.times IS NULL AND kind = ANY ($2::text[]) THEN 'parked, though good'
        WHEN parked.times IS NULL AND kind <> ALL ($2::text[]) THEN 'stored, though bad' END AS verdict
    FROM due FULL JOIN stored USING (partition, "offset") FULL JOIN parked USING (partition, "offset"))
INSERT INTO chaos.wrong SELECT $1, verdict, partition, "offset" FROM judged WHERE verdict IS NOT NULL)";
}

constexpr const char* wrong_rows = R"(
SELECT verdict, partition, count(*), min("offset"), max("offset") FROM chaos.wrong WHERE statement = $1 GROUP BY 1, 2 ORDER BY 1, 2)";

// $1: the statement, which keeps totals in the relation of its name.
std::string totals_against_topic(const std::string& relation) {
    return R"(
WITH own AS (
    SELECT p.partition, p.next_offset FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = p.statement_id WHERE s.name = $1),
due AS (
    SELECT t.partition, t.id % 10 AS slot, count(*) AS records, max(t."offset") AS last_offset
    FROM chaos.in_topic t JOIN chaos.sent e USING (id) JOIN own USING (partition)
    WHERE t."offset" < own.next_offset AND e.kind <> 'bad' GROUP BY 1, 2),
compared AS (
    SELECT coalesce(due.records, 0) AS due, coalesce(kept.records, 0) AS kept, due.last_offset AS due_last, kept.last_offset AS kept_last
    FROM due FULL JOIN )" +
           relation + R"( kept ON kept."partition" = due.partition AND kept.slot = due.slot)
SELECT coalesce(sum(greatest(due - kept, 0)), 0), coalesce(sum(greatest(kept - due, 0)), 0),
       count(*) FILTER (WHERE due = kept AND due_last IS DISTINCT FROM kept_last) FROM compared)";
}

constexpr const char* moves = R"(
WITH chain AS (
    SELECT *, lag(new_offset) OVER w AS before, lead(move) OVER w IS NULL AS is_last FROM chaos.moves
    WHERE statement_id IN (SELECT id FROM tidewheel.statements)
    WINDOW w AS (PARTITION BY statement_id, partition ORDER BY move))
SELECT count(*) FILTER (WHERE new_offset < old_offset OR new_offset IS NULL),
       count(*) FILTER (WHERE before IS NOT NULL AND old_offset IS DISTINCT FROM before),
       (SELECT count(*) FROM tidewheel.progress p LEFT JOIN chain c
            ON c.is_last AND c.statement_id = p.statement_id AND c.partition = p.partition
        WHERE p.next_offset IS DISTINCT FROM c.new_offset)
FROM chain)";

class Check {
  public:
    Check(const Deployment& deployment, Findings& findings)
        : deployment_(deployment), connection_(deployment.url(), "chaos"), findings_(findings) {}

    void load(const Ledger& ledger) { chaos::load(connection_, deployment_, ledger); }

    void volume(std::int64_t acknowledged, std::int64_t least) {
        findings_.records =
            connection_.query("SELECT count(*) FROM chaos.in_topic").at(0).integer(0);
        if (acknowledged < least)
            say("I8", std::to_string(acknowledged) + " records were acknowledged; a run needs " +
                          std::to_string(least));
    }

    void topic() {
        for (const Row& row : connection_.query(topic_against_producers))
            say("I1",
                row.text(1) + " records are " + row.text(0) + " (the first: " + row.text(2) + ")");
    }

    void rows(const std::string& statement, const std::string& kinds) {
        connection_.query(rows_against_topic(statement), {statement, kinds});
        for (const Row& row : connection_.query(wrong_rows, {statement})) {
            if (row.text(0) == "lost") findings_.lost += row.integer(2);
            if (row.text(0) == "doubled") findings_.doubled += row.integer(2);
            say("I1", statement + ": " + row.text(2) + " records of partition " + row.text(1) +
                          " " + row.text(0) + ", between offsets " + row.text(3) + " and " +
                          row.text(4));
        }
    }

    void totals(const std::string& statement) {
        const Row row = connection_.query(totals_against_topic(statement), {statement}).at(0);
        findings_.lost += row.integer(0);
        findings_.doubled += row.integer(1);
        if (row.integer(0) > 0) say("I2", statement + ": " + row.text(0) + " records lost");
        if (row.integer(1) > 0) say("I2", statement + ": " + row.text(1) + " records doubled");
        if (row.integer(2) > 0)
            say("I2", statement + ": " + row.text(2) + " groups name a wrong last record");
    }

    void verified() {
        const testing::Finished finished =
            deployment_.tidewheel({"verify"}, std::chrono::minutes(20));
        if (finished.status != 0)
            say("I2", "tidewheel verify: " + finished.output + finished.errors);
    }

    void progress() {
        const Row row = connection_.query(moves).at(0);
        if (row.integer(0) > 0) say("I4", "progress decreased " + row.text(0) + " times");
        if (row.integer(1) > 0) say("I4", "progress jumped " + row.text(1) + " times");
        if (row.integer(2) > 0)
            say("I4", row.text(2) + " progresses are not where their last move left them");
    }

  private:
    void say(const std::string& invariant, const std::string& words) {
        findings_.violations.push_back(invariant + ": " + words);
    }

    const Deployment& deployment_;
    Connection connection_;
    Findings& findings_;
};

}  // namespace

std::string Findings::text() const {
    std::string text;
    for (const std::string& each : violations)
        text += each + "\n";
    return text;
}

void prepare(Deployment& deployment) {
    const testing::Finished applied = deployment.apply(file("pipeline.sql"));
    if (applied.status != 0)
        throw std::runtime_error("tests/chaos/pipeline.sql: " + applied.output + applied.errors);
    Connection connection(deployment.url());
    postgres::Transaction transaction(connection);
    transaction.run(file("ledger.sql"));
    transaction.commit();
}

std::vector<std::int64_t> ends_of(const Deployment& deployment) {
    kafka::Admin admin(deployment.kafka());
    std::vector<std::int64_t> ends;
    const int partitions = admin.partitions(deployment.topic()).value_or(0);
    for (int partition = 0; partition < partitions; ++partition)
        ends.push_back(admin.watermarks(deployment.topic(), partition).second);
    return ends;
}

bool applied(const Deployment& deployment, const std::vector<std::int64_t>& ends) {
    std::vector<Parameter> texts;
    for (const std::int64_t end : ends)
        texts.emplace_back(std::to_string(end));
    return Connection(deployment.url(), "chaos")
        .query(
            "SELECT FROM tidewheel.statements s"
            " CROSS JOIN unnest($1::bigint[]) WITH ORDINALITY AS e(ending, number)"
            " LEFT JOIN tidewheel.progress p ON p.statement_id = s.id AND p.partition = number - 1"
            " WHERE p.next_offset IS NULL OR p.next_offset < ending",
            {postgres::array_literal(texts)})
        .empty();
}

bool caught_up(const Deployment& deployment) {
    return applied(deployment, ends_of(deployment));
}

Findings check(const Deployment& deployment, const Ledger& ledger, const Demands& demands) {
    Findings findings;
    try {
        testing::eventually(
            "every statement has applied the whole topic", [&] { return caught_up(deployment); },
            demands.timeout);
    } catch (const Error& error) {
        findings.violations.push_back(std::string("I6: ") + error.what());
    }
    Check check(deployment, findings);
    check.load(ledger);
    check.volume(ledger.acknowledged(), demands.records);
    check.topic();
    check.rows("plain", "{good,refused}");
    check.rows("keyed", "{good}");
    check.totals("latest");
    check.totals("totals");
    check.verified();
    check.progress();
    return findings;
}

void check_backends(const Deployment& deployment, Findings& findings) {
    Rows left;
    try {
        testing::eventually(
            "the services' backends have ended",
            [&] {
                left = deployment.query(
                    "SELECT application_name, state FROM pg_stat_activity"
                    " WHERE datname = current_database() AND application_name LIKE 'tidewheel-%'");
                return left.empty();
            },
            std::chrono::seconds(15));
    } catch (const Error&) {
        for (const Row& row : left)
            findings.violations.push_back("I9: a backend of " + row.text(0) + " is left, " +
                                          row.text_or(1, "idle"));
    }
}

}  // namespace tidewheel::chaos
