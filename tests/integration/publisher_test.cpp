// From topic to topic: each row once for readers of committed records, in order, whatever is killed.
#include <algorithm>
#include <csignal>

#include "applied.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/stack.hpp"
#include "topics.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::Deployment;
using testing::doubled;
using testing::doubled_in;
using testing::eventually;
using testing::readings;
using testing::send_readings;
using testing::start_publisher;
using testing::Stored;
using testing::waiting_in;

namespace {

void await_empty(const Deployment& site, const std::string& stream) {
    eventually("the outbox is empty", [&] { return waiting_in(site, stream) == "0"; });
}

std::string refusal(const Deployment& site, const std::string& sql) {
    const auto applied = site.apply(sql);
    CHECK(applied.status == 3);
    return applied.output + applied.errors;
}

}  // namespace

TEST_CASE("A row becomes a record that the stream's own decoder reads back") {
    const Deployment site;
    testing::require_applied(site, R"(
CREATE FOREIGN TABLE events (id bigint NOT NULL, note text, amount numeric(20,10), at timestamptz)
    SERVER kafka OPTIONS (topic '{topic}');
CREATE FOREIGN TABLE out (
    id     bigint OPTIONS (json 'order.id') NOT NULL,
    note   text DEFAULT 'none',
    amount numeric(20,10) OPTIONS (json 'order.total amount'),
    at     timestamptz OPTIONS (epoch 'ms'),
    tags   jsonb,
    shop   text OPTIONS (key 'true'),
    pos    bigint OPTIONS (offset 'true')
) SERVER kafka OPTIONS (topic '{topic}_out', partitions '2');
CREATE TABLE kept (id bigint PRIMARY KEY, note text, amount numeric, at timestamptz, tags jsonb,
    shop text, pos bigint);
INSERT INTO out (id, note, amount, at, tags, shop)
    SELECT id, note, amount, at, jsonb_build_object('n', note), 'shop ' || id FROM events;
INSERT INTO kept SELECT * FROM out;
)");
    const testing::Services services(site);
    const auto publisher = start_publisher(site);
    site.send(0,
              {R"({"id":9007199254740993,"note":"a \"b\"\n\u00e9","amount":1234567890.0123456789,)"
               R"("at":"2026-01-02T03:04:05.678Z"})",
               R"({"id":2})"});
    eventually("they are read back",
               [&] { return site.value("SELECT count(*) FROM kept") == "2"; });
    CHECK(site.value("SELECT string_agg(concat_ws('|', id, note, amount, at AT TIME ZONE 'UTC', "
                     "tags->>'n', shop), ';' ORDER BY id DESC) FROM kept") ==
          "9007199254740993|a \"b\"\n\u00e9|1234567890.0123456789|2026-01-02 03:04:05.678|a "
          "\"b\"\n\u00e9|shop 9007199254740993;2|shop 2");
    for (const Stored& each : testing::stored_in(site.kafka(), site.topic() + "_out")) {
        if (each.key == "shop 2")
            CHECK(each.value == R"({"order":{"id":2,"total amount":null},"note":null,"at":null,)"
                                R"("tags":{"n": null}})");
        else
            CHECK_THAT(each.value, ContainsSubstring(R"("total amount":1234567890.0123456789},)") &&
                                       ContainsSubstring(R"("at":1767323045678,)"));
        CHECK_THAT(each.headers.at("tidewheel-id"), ContainsSubstring("_"));
    }
    await_empty(site, "out");
    const auto verified = testing::check_verified(site);
    CHECK_THAT(verified.output, ContainsSubstring("a sink"));
    const auto status = site.tidewheel({"status"});
    CHECK_THAT(status.output, ContainsSubstring("into_out"));
}

TEST_CASE("A stream that is paused keeps its rows, and sends them when it is resumed") {
    const Deployment site;
    testing::require_applied(site, readings + doubled);
    const auto worker = site.start("tidewheel-worker");
    const auto publisher = start_publisher(site);
    REQUIRE(site.tidewheel({"pause", "doubled"}).status == 0);
    send_readings(site, 0, 10);
    eventually("the rows are in the outbox", [&] { return waiting_in(site, "doubled") == "10"; });
    CHECK_THAT(site.tidewheel({"status"}).output, ContainsSubstring("paused"));
    REQUIRE(site.tidewheel({"resume", "doubled"}).status == 0);
    await_empty(site, "doubled");
    CHECK(doubled_in(site).size() == 10);
}

TEST_CASE("Each row is in the topic once, through kill -9 of publisher and worker at every step") {
    const Deployment site;
    testing::require_applied(site, readings + doubled);
    std::int64_t each = 0;
    const auto send = [&] {
        for (int partition = 0; partition < 3; ++partition)
            send_readings(site, partition, 40);
        each += 40;
    };
    for (const char* step : {"before_commit=kill@1", "after_commit=kill@1", "before_commit=kill@3",
                             "after_commit=kill@2", "after_claim=kill@1"}) {
        INFO(step);
        const bool is_worker = std::string(step).starts_with("after_claim");
        auto worker = site.start("tidewheel-worker");
        send();
        if (is_worker) {
            worker->signal(SIGKILL);
            worker->wait();
            worker = site.start("tidewheel-worker");
        }
        const auto killed = start_publisher(
            site, {"TIDEWHEEL_INSTANCE=publisher-1", "TIDEWHEEL_FAILPOINTS=" + std::string(step)});
        if (!is_worker) CHECK(killed->wait() == 128 + SIGKILL);
        worker->signal(SIGKILL);
        worker->wait();
    }
    const auto worker = site.start("tidewheel-worker");
    const auto publisher = start_publisher(site, {"TIDEWHEEL_INSTANCE=publisher-1"});
    send();
    site.arrive();
    await_empty(site, "doubled");
    require_each_doubled_once(site, 3, each);
}

TEST_CASE("Another publisher goes on where one is frozen, and what that one wakes up to is void") {
    const Deployment site;
    testing::require_applied(site, readings + doubled);
    const auto worker = site.start("tidewheel-worker");
    const auto first = start_publisher(site, {"TIDEWHEEL_FAILPOINTS=before_commit=stop@2"});
    send_readings(site, 0, 10);
    eventually("the first sends", [&] { return doubled_in(site).size() == 10; });
    send_readings(site, 0, 10);
    const auto second = start_publisher(site);
    eventually(
        "the second sends", [&] { return doubled_in(site).size() == 20; }, 40s);
    first->signal(SIGCONT);
    send_readings(site, 0, 20);
    site.arrive();
    await_empty(site, "doubled");
    require_each_doubled_once(site, 1, 40);
    second->signal(SIGKILL);
    second->wait();
    send_readings(site, 1, 40);
    site.arrive();
    await_empty(site, "doubled");
    require_each_doubled_once(site, 2, 40);
}

TEST_CASE("A row that the stream's own rules refuse is a dead letter of the statement") {
    const Deployment site;
    testing::require_applied(site, readings + doubled);
    const auto worker = site.start("tidewheel-worker");
    const auto publisher = start_publisher(site);
    site.send(0, {R"({"sensor":"a","value":1})", R"({"sensor":"b","value":700})",
                  R"({"sensor":"c","value":2000000000})", R"({"sensor":"d","value":2})"});
    site.arrive();
    eventually("the others are sent", [&] { return doubled_in(site).size() == 2; });
    CHECK(site.value("SELECT string_agg(\"offset\"::text, ',' ORDER BY \"offset\") FROM "
                     "tidewheel.dead_letters") == "1,2");
    CHECK_THAT(site.value("SELECT string_agg(detail, ';') FROM tidewheel.dead_letters"),
               ContainsSubstring("doubled_value_check") && ContainsSubstring("out of range"));
}

TEST_CASE("A CHECK of a column that can't be written is the reader's alone") {
    const Deployment site;
    testing::require_applied(site, R"(
CREATE FOREIGN TABLE numbers (value int NOT NULL) SERVER kafka OPTIONS (topic '{topic}');
CREATE FOREIGN TABLE small (
    part  int         OPTIONS (partition 'true') CHECK (part >= 0),
    value int         NOT NULL CONSTRAINT is_small CHECK (value < 100),
    at    timestamptz OPTIONS (timestamp 'true'),
    pos   bigint      OPTIONS (offset 'true'),
    CONSTRAINT in_place CHECK (value > 0 OR pos IS NULL),
    CONSTRAINT in_time CHECK (at > timestamptz '1999-12-31')
) SERVER kafka OPTIONS (topic '{topic}_small', partitions '1');
INSERT INTO small (value) SELECT value FROM numbers;
CREATE TABLE stored (value int, pos bigint);
INSERT INTO stored SELECT value, pos FROM small;
)");
    CHECK(site.value("SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE "
                     "conrelid = 'tidewheel.outbox_of_small'::regclass AND contype = 'c'") ==
          "has_a_value,is_small");
    const auto worker = site.start("tidewheel-worker");
    const auto publisher = start_publisher(site);
    site.send(0, {R"({"value":1})", R"({"value":700})", R"({"value":-1})", R"({"value":2})"});
    eventually("what passes both is stored", [&] {
        return site.value("SELECT string_agg(value || '@' || pos, ',' ORDER BY pos) FROM stored") ==
               "1@0,2@2";
    });
    CHECK(site.value("SELECT string_agg(detail, ';' ORDER BY topic) FROM tidewheel.dead_letters")
              .find("is_small") != std::string::npos);
    CHECK(site.value("SELECT string_agg(reason, ',' ORDER BY topic) FROM tidewheel.dead_letters") ==
          "target_refused,check_violation");
}

TEST_CASE("A tombstone is written where the stream declares that it has them") {
    const Deployment site;
    const std::string stream = R"(
CREATE FOREIGN TABLE prices (id text NOT NULL, price numeric, gone boolean)
    SERVER kafka OPTIONS (topic '{topic}');
CREATE FOREIGN TABLE latest (id text OPTIONS (key 'true'), price numeric NOT NULL, note text)
    SERVER kafka OPTIONS (topic '{topic}_latest', tombstones 'ignore');
CREATE FOREIGN TABLE strict (id text OPTIONS (key 'true'), price numeric)
    SERVER kafka OPTIONS (topic '{topic}_strict');
INSERT INTO latest (id, price) SELECT id, CASE WHEN NOT gone THEN price END FROM prices;
INSERT INTO strict SELECT id, CASE WHEN NOT gone THEN price END FROM prices;
)";
    testing::require_applied(site, stream);
    const auto worker = site.start("tidewheel-worker");
    const auto publisher = start_publisher(site);
    site.send(0, {R"({"id":"a","price":1.50,"gone":false})", R"({"id":"a","gone":true})"});
    site.arrive();
    std::vector<Stored> found;
    eventually("both are sent", [&] {
        found = testing::stored_in(site.kafka(), site.topic() + "_latest");
        return found.size() == 2;
    });
    CHECK(found[0].value == R"({"price":1.50,"note":null})");
    CHECK(found[1].value.empty());
    CHECK(found[1].key == "a");
    eventually("the other one is sent", [&] {
        return testing::stored_in(site.kafka(), site.topic() + "_strict").size() == 1;
    });
    CHECK_THAT(site.value("SELECT detail FROM tidewheel.dead_letters"),
               ContainsSubstring("has_a_value"));
}

TEST_CASE("A record that is too large is set aside, and sent when it is asked for") {
    const Deployment site;
    testing::require_applied(site, readings + R"(
CREATE FOREIGN TABLE wide (part integer, pos bigint, filler text)
    SERVER kafka OPTIONS (topic '{topic}_wide');
INSERT INTO wide SELECT part, pos, repeat('x', value * 1000) FROM readings;
)");
    const auto worker = site.start("tidewheel-worker");
    const auto publisher = start_publisher(site);
    std::vector<std::string> records;
    for (int i = 0; i < 10; ++i)
        records.push_back(R"({"sensor":"a","value":)" + std::string(i == 6 ? "1200" : "1") + "}");
    site.send(0, records);
    const auto sent = [&] {
        return testing::stored_in(site.kafka(), site.topic() + "_wide").size();
    };
    eventually("the others are sent", [&] { return sent() == 9; });
    CHECK_THAT(site.value("SELECT reason FROM tidewheel.undelivered"),
               ContainsSubstring("too large"));
    await_empty(site, "wide");
    site.must({"redeliver", "wide"});
    eventually("it was tried", [&] {
        return site.value("SELECT count(*) FROM tidewheel.undelivered WHERE redrive_at IS NULL") ==
               "1";
    });
    // As large as it was stored it can't be sent; as another row of the same number it can.
    site.query("UPDATE tidewheel.undelivered SET row_json = '{\"key\":null,\"value\":{}}'");
    site.must({"redeliver", "wide"});
    eventually("it is sent", [&] { return sent() == 10; });
    eventually("it is no longer set aside",
               [&] { return site.value("SELECT count(*) FROM tidewheel.undelivered") == "0"; });
}

TEST_CASE("Sending goes on with a topic that was created again, and this is told") {
    const Deployment site;
    testing::require_applied(site, readings + doubled);
    const auto worker = site.start("tidewheel-worker");
    auto publisher = start_publisher(site);
    send_readings(site, 0, 10);
    site.arrive();
    await_empty(site, "doubled");
    publisher->signal(SIGTERM);
    publisher->wait();
    kafka::Admin admin(site.kafka());
    const std::string topic = site.topic() + "_doubled";
    admin.delete_topic(topic);
    eventually("it is gone", [&] { return !admin.partitions(topic); });
    site.must({"apply", site.file(site.text(readings + doubled))});
    send_readings(site, 0, 5);
    publisher = start_publisher(site);
    eventually("the new rows are sent", [&] { return doubled_in(site).size() == 5; });
    CHECK_THAT(publisher->errors(), ContainsSubstring("the topic was created again"));
}

TEST_CASE("A database that is older than the topic is told, and nothing is sent") {
    const Deployment site;
    testing::require_applied(site, readings + doubled);
    const auto worker = site.start("tidewheel-worker");
    auto publisher = start_publisher(site);
    send_readings(site, 0, 10);
    site.arrive();
    await_empty(site, "doubled");
    publisher->signal(SIGTERM);
    publisher->wait();
    // As a backup of before would have it: the numbers begin again.
    site.query("DELETE FROM tidewheel.delivery_positions");
    site.query("ALTER TABLE tidewheel.outbox_of_doubled ALTER tidewheel_seq RESTART");
    send_readings(site, 0, 20);
    publisher = start_publisher(site);
    eventually("it is told", [&] {
        return site.value("SELECT coalesce(max(last_error), '') FROM tidewheel.delivery_positions")
                   .find("which is older") != std::string::npos;
    });
    CHECK(doubled_in(site).size() == 10);
}

TEST_CASE("A stream that is written to gains a column, and what waits is sent with it") {
    const Deployment site;
    testing::require_applied(site, readings + doubled);
    const auto worker = site.start("tidewheel-worker");
    auto publisher = start_publisher(site);
    send_readings(site, 0, 10);
    site.arrive();
    await_empty(site, "doubled");
    publisher->signal(SIGKILL);
    publisher->wait();
    send_readings(site, 0, 10);
    site.arrive();
    std::string wider = doubled;
    wider.replace(wider.find("bigint NOT NULL\n"), 16,
                  "bigint NOT NULL,\n    note text DEFAULT 'x'\n");
    testing::require_applied(site, readings + wider);
    CHECK(waiting_in(site, "doubled") == "10");
    send_readings(site, 0, 20);
    site.arrive();
    publisher = start_publisher(site);
    await_empty(site, "doubled");
    testing::require_each_doubled_once(site, 1, 40);
    const std::vector<Stored> found = doubled_in(site);
    CHECK(std::ranges::count_if(found, [](const Stored& each) {
              return each.value.find(R"("note":"x")") != std::string::npos;
          }) == 30);
    CHECK_THAT(refusal(site, readings + doubled), ContainsSubstring("can only gain columns"));
}

TEST_CASE("What can't be written, or would go round for ever, is refused when it is applied") {
    const Deployment site;
    const std::string two = R"(
CREATE FOREIGN TABLE a (id text, pos bigint OPTIONS (offset 'true')) SERVER kafka OPTIONS (topic '{topic}_a');
CREATE FOREIGN TABLE b (id text) SERVER kafka OPTIONS (topic '{topic}_b');
CREATE FOREIGN TABLE c (id text) SERVER kafka OPTIONS (topic '{topic}_c');
INSERT INTO b SELECT id FROM a;
)";
    CHECK_THAT(
        refusal(site, two + "INSERT INTO c SELECT id FROM b; INSERT INTO a (id) SELECT id FROM c;"),
        ContainsSubstring("would go round for ever"));
    CHECK_THAT(refusal(site, two + "-- name: again\nINSERT INTO a (id) SELECT id FROM a;"),
               ContainsSubstring("would go round for ever"));
    CHECK_THAT(refusal(site, two + "-- name: wrong\nINSERT INTO c SELECT pos FROM a WHERE id = 1;"),
               ContainsSubstring("operator does not exist"));
    testing::require_applied(site, two);
    CHECK_THAT(refusal(site, two + "INSERT INTO a (id) SELECT id FROM b;"),
               ContainsSubstring("would go round for ever"));
    const auto changed = site.apply(R"(
CREATE FOREIGN TABLE b (id text, more text NOT NULL) SERVER kafka OPTIONS (topic '{topic}_b');)");
    CHECK_THAT(changed.output + changed.errors, ContainsSubstring("can only gain columns"));
    const auto dropped = site.tidewheel({"drop", "b", "--yes"});
    CHECK_THAT(dropped.output + dropped.errors, ContainsSubstring("written to by into_b"));
    site.must({"drop", "--cascade", "b", "--yes"});
    CHECK(site.value("SELECT count(*) FROM tidewheel.sinks") == "0");
    CHECK(site.value("SELECT count(*) FROM pg_class WHERE relname = 'outbox_of_b'") == "0");
}
