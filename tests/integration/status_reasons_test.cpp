// `tidewheel status --explain`: each reason for lag, made on purpose.
#include <thread>

#include "testing/transactional_producer.hpp"
#include "tidewheel/postgres/backend_mark.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::eventually;
using testing::orders_pipeline;
using testing::TidewheelCli;

namespace {

struct Behind : TidewheelCli {
    Behind() {
        REQUIRE(run({"init"}).status == 0);
        REQUIRE(run({"apply", file(orders_pipeline)}).status == 0);
        produce(
            {R"({"id": 1, "shop": "a", "price": 12})", R"({"id": 2, "shop": "a", "price": 1})"});
    }

    // "by_shop no_owner 0,1" a line.
    std::string reasons() const {
        std::string lines;
        const auto shown = run({"status", "--explain", "--json"}).json();
        for (const codec::Json& statement : shown.find("statements")->items())
            for (const codec::Json& reason : statement.find("reasons")->items()) {
                lines += statement.find("name")->string() + " " + reason.find("code")->string();
                std::string partitions;
                for (const codec::Json& partition : reason.find("partitions")->items())
                    partitions +=
                        (partitions.empty() ? " " : ",") + std::to_string(partition.integer());
                lines += partitions + "\n";
            }
        return lines;
    }
    std::string told() const { return run({"status", "--explain"}).output; }

    // This backend acts for every lane, is in the middle of their batches, and has just been there.
    void own(postgres::Connection& owner) const {
        owner.query(
            "UPDATE tidewheel.progress SET owner = 'w1', owner_session = $1::bigint, seen_at = "
            "clock_timestamp(), next_offset = 0",
            {std::to_string(postgres::show_presence(owner))});
        owner.query("SELECT pg_advisory_lock_shared(" + postgres::batch_mark("epoch") +
                    ") FROM (SELECT DISTINCT epoch FROM tidewheel.progress) p");
    }
};

using Catch::Matchers::ContainsSubstring;

}  // namespace

TEST_CASE("lag without an owner is explained by the missing owner, and no lag by nothing") {
    Behind cli;
    CHECK(cli.reasons() == "by_shop no_owner 0\ndear_orders no_owner 0\n");
    CHECK_THAT(cli.told(), ContainsSubstring(
                               "dear_orders, partition 0: it is not assigned to any service yet") &&
                               ContainsSubstring("Check that tidewheel-worker or tidewheel run"));
    cli.query("UPDATE tidewheel.progress SET owner = 'w1', owner_session = 1");
    CHECK_THAT(cli.told(), ContainsSubstring("its owner w1 is gone"));
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN 2 ELSE 0 END");
    CHECK(cli.reasons().empty());
    CHECK_THAT(cli.told(), ContainsSubstring("Every statement is current."));
}

TEST_CASE("a plain producer is never taken for an open transaction") {
    Behind cli;
    std::jthread writer([&](std::stop_token stop) {
        kafka::Producer producer(testing::kafka());
        while (!stop.stop_requested()) {
            producer.send(cli.topic, {0, std::nullopt, "1", {}, 0});
            producer.flush(std::chrono::seconds(20));
        }
    });
    for (int i = 0; i < 8; ++i)
        CHECK_THAT(cli.reasons(), !ContainsSubstring("open_transaction"));
}

TEST_CASE("lag of a server that accepts no writes is the server's") {
    Behind cli;
    cli.query("ALTER DATABASE " + cli.database().name() +
              " SET default_transaction_read_only = on");
    CHECK(cli.reasons() == "by_shop read_only 0\ndear_orders read_only 0\n");
}

TEST_CASE("a paused statement and one that PostgreSQL won't run are named as such") {
    Behind cli;
    cli.query("UPDATE tidewheel.statements SET paused_at = now() WHERE name = 'by_shop'");
    cli.query("ALTER TABLE dear_orders RENAME TO hidden");
    CHECK(cli.reasons() == "by_shop paused\ndear_orders stopped\n");
    CHECK_THAT(cli.told(), ContainsSubstring("tidewheel resume by_shop") &&
                               ContainsSubstring("dear_orders\" does not exist"));
}

TEST_CASE("an owner that waits for a lock is explained by the lock's holder") {
    Behind cli;
    postgres::Connection owner(cli.database().url()), holder(cli.database().url(), "a rogue");
    cli.own(owner);
    std::jthread waiting;  // goes last: it ends when the lock does
    postgres::Transaction lock(holder);
    lock.run("LOCK TABLE dear_orders");
    waiting = std::jthread([&] { owner.query("SELECT FROM dear_orders"); });
    eventually("the lock is named",
               [&] { return cli.reasons() == "by_shop locked 0\ndear_orders locked 0\n"; });
    CHECK_THAT(cli.told(), ContainsSubstring("w1 waits for a lock, held by backend") &&
                               ContainsSubstring("a rogue"));
}

TEST_CASE("an owner that has stopped in the middle of a batch is called frozen") {
    Behind cli;
    postgres::Connection owner(cli.database().url());
    cli.own(owner);
    const postgres::Transaction batch(owner);
    eventually("it is called frozen",
               [&] { return cli.reasons() == "by_shop frozen 0\ndear_orders frozen 0\n"; });
}

TEST_CASE("a statement waits for a neighbour that fills itself from further back") {
    Behind cli;
    const auto applied =
        cli.run({"apply", cli.file("CREATE TABLE cheap_orders (id integer);\n"
                                   "INSERT INTO cheap_orders SELECT id FROM orders;",
                                   "2.sql")});
    INFO(applied.errors);
    REQUIRE(applied.status == 0);
    postgres::Connection owner(cli.database().url());
    cli.own(owner);
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = 1 WHERE statement_id = (SELECT id FROM "
        "tidewheel.statements WHERE name = 'dear_orders')");
    CHECK_THAT(cli.reasons(), ContainsSubstring("dear_orders behind_neighbour 0") &&
                                  ContainsSubstring("by_shop arriving 0") &&
                                  ContainsSubstring("cheap_orders arriving 0"));
    CHECK_THAT(cli.told(),
               ContainsSubstring("w1 must first catch up with the records that cheap_orders"));
}

TEST_CASE("an owner that is there is catching up, or says why it is not") {
    Behind cli;
    postgres::Connection owner(cli.database().url());
    cli.own(owner);
    {
        std::jthread worker([&](std::stop_token stop) {
            postgres::Connection connection(cli.database().url());
            while (!stop.stop_requested())
                connection.query("UPDATE tidewheel.progress SET records = records + 100");
        });
        CHECK(cli.reasons() == "by_shop catching_up\ndear_orders catching_up\n");
    }
    cli.query("UPDATE tidewheel.progress SET seen_at = now() - interval '1 minute'");
    CHECK(cli.reasons() == "by_shop no_progress 0\ndear_orders no_progress 0\n");
    CHECK_THAT(cli.told(),
               ContainsSubstring("w1 is connected but has committed nothing for 1 min"));
}

TEST_CASE("what a hanging transaction hides is not lag, but is reported") {
    Behind cli;
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN 2 ELSE 0 END");
    kafka::testing::TransactionalProducer producer(testing::kafka(), cli.topic);
    producer.begin();
    producer.send(cli.topic, 0, "{}");
    eventually("the transaction is reported", [&] {
        return cli.reasons() == "by_shop open_transaction 0\ndear_orders open_transaction 0\n";
    });
    CHECK_THAT(cli.told(), ContainsSubstring("open since offset 2: 1 offset cannot be read") &&
                               ContainsSubstring("open transaction"));
    cli.produce({R"({"id": 3, "shop": "a", "price": 12})"});
    CHECK_THAT(cli.told(), ContainsSubstring("2 offsets cannot be read"));
    CHECK(cli.run({"status", "--wait", "--timeout", "5"}).status == 0);
    producer.abort();
    CHECK_THAT(cli.reasons(), ContainsSubstring("by_shop no_owner 0"));
}

TEST_CASE("missing data and a topic that is gone are explained, too") {
    Behind cli;
    kafka::Admin admin(testing::kafka());
    admin.delete_records(cli.topic, 0, 2);
    cli.query("UPDATE tidewheel.progress SET next_offset = 1");
    CHECK_THAT(cli.reasons(), ContainsSubstring("by_shop data_missing 0"));
    CHECK_THAT(
        cli.told(),
        ContainsSubstring("the next offset is 1, but the topic holds the offsets from 2 up to 2"));
    admin.delete_topic(cli.topic);
    eventually("the topic is gone", [&] { return !admin.partitions(cli.topic); });
    CHECK(cli.reasons() == "by_shop topic_gone\ndear_orders topic_gone\n");
}
