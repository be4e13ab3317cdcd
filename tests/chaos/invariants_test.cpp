// The invariants can fail: each is broken deliberately and must be named; nothing else may
// be.
#include "chaos/invariants.hpp"

#include "chaos/sender.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::chaos;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int partitions = 4;

// A run in which nothing went wrong: 400 records of every kind, 100 a partition, all applied.
struct Run {
    Run() {
        prepare(deployment);
        Sender sender(deployment.kafka(), deployment.topic(), ledger, 1);
        for (int i = 0; i < 400; ++i)
            sender.send(i % partitions, i % 50 == 0   ? Kind::refused
                                        : i % 20 == 1 ? Kind::bad
                                                      : Kind::good);
        sender.settle();
        auto worker = deployment.start("tidewheel-worker"),
             aggregator = deployment.start("tidewheel-aggregator");
        eventually("all is applied", [&] { return caught_up(deployment); });
    }

    Findings now(const Demands& demands = {400, std::chrono::seconds(0)}) {
        return check(deployment, ledger, demands);
    }
    Findings after(const std::string& damage) {
        deployment.query(damage);
        return now();
    }

    Deployment deployment;
    Ledger ledger;
};

}  // namespace

TEST_CASE("a run in which nothing went wrong holds every invariant") {
    Run run;
    Findings findings = run.now();
    check_backends(run.deployment, findings);
    INFO(findings.text());
    CHECK(findings.hold());
    CHECK(findings.records == 400);
    CHECK(findings.lost == 0);
    CHECK(findings.doubled == 0);
}

TEST_CASE("I1 finds rows that are lost, doubled, invented or in the wrong place") {
    Run run;
    run.deployment.query("CREATE TABLE kept AS SELECT * FROM plain");
    const auto restore = [&] {
        run.deployment.query("TRUNCATE plain");
        run.deployment.query("INSERT INTO plain SELECT * FROM kept");
    };
    Findings found = run.after(
        "DELETE FROM plain WHERE ctid IN (SELECT ctid FROM plain WHERE \"partition\" = 2 LIMIT 5)");
    CHECK(found.lost == 5);
    CHECK(found.doubled == 0);
    CHECK_THAT(found.text(), ContainsSubstring("I1: plain: 5 records of partition 2 lost"));
    CHECK_THAT(found.text(), ContainsSubstring("I2: tidewheel verify"));

    restore();
    found = run.after("INSERT INTO plain SELECT * FROM plain WHERE \"partition\" = 1 LIMIT 3");
    CHECK(found.doubled == 3);
    CHECK(found.lost == 0);
    CHECK_THAT(found.text(), ContainsSubstring("I1: plain: 3 records of partition 1 doubled"));

    restore();
    found = run.after("INSERT INTO plain VALUES (7, 7, 'x', 0, 100000)");
    CHECK_THAT(found.text(), ContainsSubstring("stored, but not a record below the progress"));

    // One record in another's place: counting alone would not see it.
    restore();
    found =
        run.after("UPDATE plain SET \"partition\" = 3 WHERE \"partition\" = 0 AND \"offset\" = 30");
    CHECK(found.lost == 1);
    CHECK(found.doubled == 1);

    restore();
    CHECK(run.now().hold());
}

TEST_CASE("I1 finds dead letters that are lost, or beside the stored row") {
    Run run;
    run.deployment.query("CREATE TABLE kept AS SELECT * FROM tidewheel.dead_letters");
    Findings found = run.after(
        "DELETE FROM tidewheel.dead_letters WHERE statement_id IS NULL AND partition = 1");
    CHECK_THAT(found.text(), ContainsSubstring("I1: plain: 20 records of partition 1 lost"));
    CHECK_THAT(found.text(), ContainsSubstring("I1: keyed: 20 records of partition 1 lost"));
    CHECK(found.lost == 40);

    run.deployment.query(
        "INSERT INTO tidewheel.dead_letters OVERRIDING SYSTEM VALUE SELECT * FROM"
        " kept ON CONFLICT DO NOTHING");
    CHECK(run.now().hold());
    found = run.after(
        "INSERT INTO tidewheel.dead_letters (stream_id, statement_id, topic, partition, \"offset\","
        " reason, detail, missed_by) SELECT stream_id, id, (SELECT topic FROM tidewheel.streams), "
        "0,"
        " 4, 'target_refused', '', ARRAY[id] FROM tidewheel.statements WHERE name = 'plain'");
    CHECK_THAT(found.text(), ContainsSubstring("I1: plain: 1 records of partition 0 doubled"));
}

TEST_CASE("I1 finds the records of one partition that were passed over") {
    Run run;
    const Findings found =
        run.after("DELETE FROM keyed WHERE \"partition\" = 3 AND \"offset\" >= 50");
    CHECK(found.lost == 50);
    CHECK_THAT(found.text(), ContainsSubstring("I1: keyed: 50 records of partition 3 lost, between "
                                               "offsets 50 and 99"));
}

TEST_CASE("I2 finds counts that are too low or too high") {
    Run run;
    Findings found =
        run.after("UPDATE latest SET records = records + 2 WHERE \"partition\" = 1 AND slot = 3");
    CHECK(found.doubled == 2);
    CHECK(found.lost == 0);
    CHECK_THAT(found.text(), ContainsSubstring("I2: latest: 2 records doubled"));
    found = run.after("UPDATE latest SET last_offset = 0 WHERE \"partition\" = 2");
    CHECK_THAT(found.text(), ContainsSubstring("groups name a wrong last record"));

    const std::string state =
        run.deployment.value("SELECT state_table FROM tidewheel.statements WHERE name = 'totals'");
    found = run.after("DELETE FROM " + state);
    CHECK_THAT(found.text(), ContainsSubstring("I2: totals: 380 records lost"));
}

TEST_CASE("I4 finds progress that went back, jumped, or was moved behind the trigger's back") {
    Run run;
    Findings found = run.after(
        "UPDATE tidewheel.progress SET next_offset = next_offset - 10 WHERE partition = 0");
    CHECK_THAT(found.text(), ContainsSubstring("I4: progress decreased 4 times"));
    CHECK_THAT(found.text(), ContainsSubstring("I6: "));
    CHECK_THAT(found.text(), ContainsSubstring("stored, but not a record below the progress"));

    run.deployment.query("ALTER TABLE tidewheel.progress DISABLE TRIGGER note_move");
    found = run.after("UPDATE tidewheel.progress SET next_offset = next_offset + 1");
    CHECK_THAT(found.text(), ContainsSubstring("I4: 16 progresses are not where their last move"));
    run.deployment.query("ALTER TABLE tidewheel.progress ENABLE TRIGGER note_move");
    found = run.after("UPDATE tidewheel.progress SET next_offset = next_offset + 1");
    CHECK_THAT(found.text(), ContainsSubstring("I4: progress jumped 16 times"));
}

TEST_CASE("what Kafka or a producer did wrong is not charged to the services, but is named") {
    Run run;
    run.ledger.settle({run.ledger.enter(Kind::good)}, Fate::acknowledged);
    CHECK_THAT(run.now().text(),
               ContainsSubstring("I1: 1 records are acknowledged by Kafka, but not in the topic"));
    run.ledger.settle({3, 5}, Fate::aborted);
    CHECK_THAT(run.now().text(),
               ContainsSubstring("I1: 2 records are aborted, but a reader of the topic sees it"));
    run.deployment.send(0, {R"({"n": 1})"});
    CHECK_THAT(run.now().text(), ContainsSubstring("in the topic, but never sent"));
}

TEST_CASE("I8 finds a run with too few records, and I9 a backend that is left") {
    Run run;
    CHECK_THAT(run.now({401, std::chrono::seconds(0)}).text(),
               ContainsSubstring("I8: 400 records were acknowledged; a run needs 401"));
    postgres::Connection left(run.deployment.url(), "tidewheel-worker topic/0");
    Findings findings;
    check_backends(run.deployment, findings);
    CHECK_THAT(findings.text(),
               ContainsSubstring("I9: a backend of tidewheel-worker topic/0 is left"));
}
