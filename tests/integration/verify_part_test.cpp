// Where a topic no longer holds all records that were applied, or not all of them are asked for,
// verify compares what is left, and says what it can't judge.
#include "tidewheel/core/error.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::orders_stream;
using testing::TidewheelCli;

namespace {

constexpr int differs = static_cast<int>(ExitCode::difference),
              unchecked = static_cast<int>(ExitCode::unchecked);

const std::string pipeline =
    orders_stream +
    "CREATE TABLE every_order (id integer, shop text, price numeric(10,2));\n"
    "INSERT INTO every_order SELECT id, shop, price FROM orders;\n"
    "CREATE TABLE first_order (shop text PRIMARY KEY, id integer);\n"
    "INSERT INTO first_order SELECT shop, id FROM orders ON CONFLICT DO NOTHING;\n"
    "CREATE MATERIALIZED VIEW by_shop AS SELECT shop, count(*) AS orders FROM orders GROUP BY "
    "shop;\n";

void set_progress(TidewheelCli& cli, int of_first, int of_second) {
    cli.query("UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN " +
              std::to_string(of_first) + " ELSE " + std::to_string(of_second) + " END");
}

// Orders 1 to 4 in partition 0, and what they lead to.
void store_by_hand(TidewheelCli& cli) {
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(pipeline)}).status == 0);
    cli.produce({R"({"id": 1, "shop": "a", "price": 1})", R"({"id": 2, "shop": "b", "price": 2})",
                 R"({"id": 3, "shop": "b", "price": 3})", R"({"id": 4, "shop": "c", "price": 4})"});
    cli.query("INSERT INTO every_order VALUES (1, 'a', 1), (2, 'b', 2), (3, 'b', 3), (4, 'c', 4)");
    cli.query("INSERT INTO first_order VALUES ('a', 1), ('b', 2), ('c', 4)");
    cli.query("INSERT INTO tidewheel.state_by_shop VALUES ('a', 1), ('b', 2), ('c', 1)");
    set_progress(cli, 4, 0);
}

std::string verdict_of(const TidewheelCli::Finished& verified, const std::string& relation) {
    const auto document = verified.json();
    for (const auto& each : document.find("relations")->items())
        if (each.find("relation")->string() == "public." + relation)
            return each.find("verdict")->string();
    return "none";
}

}  // namespace

TEST_CASE("after retention has deleted the first records, verify compares the others") {
    TidewheelCli cli;
    store_by_hand(cli);
    kafka::Admin(testing::kafka()).delete_records(cli.topic, 0, 2);
    SECTION("rows are compared, and what the deleted records may have led to is not judged") {
        const auto verified = cli.run({"verify", "--json"});
        INFO(verified.output << verified.errors);
        CHECK(verified.status == unchecked);
        CHECK(verdict_of(verified, "every_order") == "equal");
        CHECK(verdict_of(verified, "first_order") == "unchecked");
        CHECK(verdict_of(verified, "by_shop") == "unchecked");
        const auto told = cli.run({"verify", "every_order"});
        CHECK(told.status == 0);
        CHECK_THAT(told.output, ContainsSubstring("since offset 2 of " + cli.topic + "[0]"));
        CHECK_THAT(cli.run({"verify", "by_shop"}).output,
                   ContainsSubstring("1 row of 2 cannot be judged"));
    }
    SECTION("a row that is missing is found") {
        cli.query("DELETE FROM every_order WHERE id = 4");
        CHECK(cli.run({"verify", "every_order"}).status == differs);
    }
}

TEST_CASE("offsets that a statement has never had are nothing that verify misses") {
    TidewheelCli cli;
    store_by_hand(cli);
    kafka::Admin(testing::kafka()).delete_records(cli.topic, 0, 2);
    cli.query("DELETE FROM every_order WHERE id < 3");
    cli.query("DELETE FROM first_order WHERE id < 3");
    cli.query("INSERT INTO first_order VALUES ('b', 3)");
    cli.query("DELETE FROM tidewheel.state_by_shop WHERE k1 = 'a'");
    cli.query("UPDATE tidewheel.state_by_shop SET a1 = 1");
    cli.query("INSERT INTO every_order VALUES (77, 'mine', 1)");
    // It may come from a record that was there once.
    CHECK(cli.run({"verify", "every_order"}).status == 0);
    cli.query(
        "INSERT INTO tidewheel.skipped (statement_id, topic, partition, begin_offset, end_offset, "
        "reason) SELECT s.id, t.topic, 0, 0, 2, 'the topic began there' FROM tidewheel.statements "
        "s, tidewheel.streams t");
    CHECK(cli.run({"verify", "every_order"}).status == differs);
    cli.query("DELETE FROM every_order WHERE id = 77");
    const auto verified = cli.run({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}

TEST_CASE("verify --since and --sample look at a part of the records") {
    TidewheelCli cli;
    store_by_hand(cli);
    cli.query("DELETE FROM every_order WHERE id = 1");
    CHECK(cli.run({"verify", "--since", "1d"}).status == differs);
    SECTION("no record is as new as that") {
        const auto verified = cli.run({"verify", "every_order", "--since", "2999-01-01"});
        INFO(verified.output << verified.errors);
        CHECK(verified.status == 0);
        CHECK_THAT(verified.output, ContainsSubstring("equal: 0 rows"));
    }
    SECTION("a sample") {
        for (int id = 100; id < 300; ++id) {
            const std::string number = std::to_string(id);
            cli.produce({R"({"id": )" + number + R"(, "shop": "s)" + number + R"(", "price": 1})"},
                        1);
            cli.query("INSERT INTO every_order VALUES (" + number + ", 's" + number + "', 1)");
        }
        set_progress(cli, 4, 200);
        const auto verified = cli.run({"verify", "every_order", "--sample", "10%", "--json"});
        INFO(verified.output << verified.errors);
        const auto document = verified.json();
        const auto rows = document.find("relations")->items()[0].find("rows")->integer();
        CHECK(rows > 5);
        CHECK(rows < 40);
        cli.query("DELETE FROM every_order");
        CHECK(cli.run({"verify", "every_order", "--sample", "10%"}).status == differs);
    }
    SECTION("what is no time and no percentage") {
        const auto time = cli.run({"verify", "--since", "sometimes"});
        CHECK(time.status == 2);
        CHECK_THAT(time.errors, ContainsSubstring("--since sometimes is not a time"));
        CHECK(cli.run({"verify", "--sample", "0"}).status == 2);
        CHECK(cli.run({"verify", "--sample", "101%"}).status == 2);
    }
}

TEST_CASE("of keys that came by several partitions, verify accepts the first record of either") {
    TidewheelCli cli;
    store_by_hand(cli);
    cli.produce({R"({"id": 11, "shop": "a", "price": 1})", R"({"id": 12, "shop": "a", "price": 1})",
                 R"({"id": 13, "shop": "d", "price": 1})"},
                1);
    set_progress(cli, 4, 3);
    const auto verified = [&] { return cli.run({"verify", "first_order"}); };
    cli.query("INSERT INTO first_order VALUES ('d', 13)");
    CHECK(verified().status == 0);
    SECTION("the first of the other partition") {
        cli.query("UPDATE first_order SET id = 11 WHERE shop = 'a'");
        const auto either = verified();
        INFO(either.output << either.errors);
        CHECK(either.status == 0);
        CHECK_THAT(either.output, ContainsSubstring("1 key came by several partitions"));
    }
    SECTION("not a later one of it") {
        cli.query("UPDATE first_order SET id = 12 WHERE shop = 'a'");
        CHECK(verified().status == differs);
    }
    SECTION("nor a later one of the same partition") {
        cli.query("UPDATE first_order SET id = 3 WHERE shop = 'b'");
        CHECK(verified().status == differs);
    }
}
