#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::orders_pipeline;
using testing::orders_stream;
using testing::TidewheelCli;

namespace {

// Stores with SQL what the services would have stored, so that a verdict of `verify` is checked
// against an answer known beforehand.
void store_by_hand(TidewheelCli& cli) {
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.produce({R"({"id": 1, "shop": "a", "price": 12})", R"({"id": 2, "shop": "b", "price": -1})",
                 R"({"id": 3, "shop": "a", "price": 30.5})",
                 R"({"id": 1, "shop": "again", "price": 99})",
                 R"({"id": 9, "shop": "later", "price": 99})"});
    cli.query("INSERT INTO dear_orders VALUES (1, 'a', 12), (3, 'a', 30.5)");
    cli.query(
        "INSERT INTO tidewheel.state_by_shop SELECT shop, count(*), sum(price), count(price) FROM "
        "(VALUES ('a', 12.00), ('a', 30.50), "
        "('again', 99.00)) o(shop, price) GROUP BY shop");
    cli.query(
        "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", payload, "
        "reason, detail, missed_by) SELECT id, topic, 0, 1, "
        "convert_to('{\"id\": 2, \"shop\": \"b\", \"price\": -1}', 'UTF8'), 'check_violation', "
        "'', ARRAY(SELECT id FROM tidewheel.statements) FROM tidewheel.streams");
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN 4 ELSE 0 END");
}

}  // namespace

TEST_CASE(
    "verify finds stored rows equal to what PostgreSQL computes from the topic, up to the recorded "
    "progress") {
    TidewheelCli cli;
    store_by_hand(cli);
    const auto verified = cli.run({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
    CHECK_THAT(verified.output, Catch::Matchers::ContainsSubstring("equal: 2 rows"));
}

TEST_CASE("verify names a missing row, an unexpected row and a wrong total") {
    TidewheelCli cli;
    store_by_hand(cli);
    SECTION("missing") {
        cli.query("DELETE FROM dear_orders WHERE id = 3");
        const auto verified = cli.run({"verify", "dear_orders"});
        CHECK(verified.status == 1);
        CHECK_THAT(verified.output,
                   Catch::Matchers::ContainsSubstring("1 row missing, 0 unexpected, of 2") &&
                       Catch::Matchers::ContainsSubstring("30.5"));
    }
    SECTION("unexpected") {
        cli.query("INSERT INTO dear_orders VALUES (77, 'mine', 1)");
        CHECK(cli.run({"verify", "dear_orders"}).status == 1);
        CHECK(cli.run({"verify", "dear_orders", "--ignore-unexpected"}).status == 0);
    }
    SECTION("a wrong total") {
        cli.query("UPDATE tidewheel.state_by_shop SET a1 = a1 + 1 WHERE k1 = 'a'");
        const auto verified = cli.run({"verify", "by_shop"});
        CHECK(verified.status == 1);
        CHECK_THAT(verified.output,
                   Catch::Matchers::ContainsSubstring("1 row missing, 1 unexpected"));
    }
    SECTION("progress that ran ahead of the rows") {
        cli.query("UPDATE tidewheel.progress SET next_offset = 5 WHERE partition = 0");
        CHECK(cli.run({"verify"}).status == 1);
    }
}

TEST_CASE("verify judges dead letters, and records that should have been dead letters") {
    TidewheelCli cli;
    store_by_hand(cli);
    SECTION("a good record among the dead letters") {
        cli.query(
            "UPDATE tidewheel.dead_letters SET \"offset\" = 0, payload = convert_to('{\"id\": 1, "
            "\"shop\": \"a\", \"price\": 12}', 'UTF8')");
        const auto verified = cli.run({"verify"});
        CHECK(verified.status == 1);
        CHECK_THAT(verified.output,
                   Catch::Matchers::ContainsSubstring("is a valid record according to PostgreSQL"));
    }
    SECTION("a bad record that was not parked") {
        cli.query("DELETE FROM tidewheel.dead_letters");
        const auto verified = cli.run({"verify"});
        CHECK(verified.status == 1);
        CHECK_THAT(verified.output, Catch::Matchers::ContainsSubstring(
                                        "[0]@1 was accepted, but PostgreSQL refuses it"));
    }
}

TEST_CASE("verify tries again what a statement refused") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_stream +
                                       "CREATE TABLE cheap (id integer PRIMARY KEY, price numeric "
                                       "CHECK (price < 10));\n"
                                       "INSERT INTO cheap SELECT id, price FROM orders;\n")})
                .status == 0);
    cli.produce({R"({"id": 1, "shop": "a", "price": 1})", R"({"id": 2, "shop": "a", "price": 20})",
                 R"({"id": 3, "shop": "b", "price": 5})"});
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN 3 ELSE 0 END");
    const auto park = [&](int offset, const std::string& payload) {
        cli.query(
            "INSERT INTO tidewheel.dead_letters (stream_id, statement_id, topic, partition, "
            "\"offset\", payload, reason, detail, missed_by) SELECT stream_id, id, '" +
            cli.topic + "', 0, " + std::to_string(offset) + ", convert_to('" + payload +
            "', 'UTF8'), 'target_refused', '', ARRAY[id] FROM tidewheel.statements");
    };
    cli.query("INSERT INTO cheap VALUES (1, 1)");
    park(1, R"({"id": 2, "shop": "a", "price": 20})");
    SECTION("rightly refused") {
        cli.query("INSERT INTO cheap VALUES (3, 5)");
        const auto verified = cli.run({"verify"});
        INFO(verified.output << verified.errors);
        CHECK(verified.status == 0);
    }
    SECTION("a good one") {
        park(2, R"({"id": 3, "shop": "b", "price": 5})");
        const auto verified = cli.run({"verify"});
        CHECK(verified.status == 1);
        CHECK_THAT(verified.output, Catch::Matchers::ContainsSubstring(
                                        "[0]@2 of cheap is a record that PostgreSQL accepts") &&
                                        !Catch::Matchers::ContainsSubstring("[0]@1"));
    }
    SECTION("one that doesn't hold the record's bytes") {
        cli.query("INSERT INTO cheap VALUES (3, 5)");
        cli.query("UPDATE tidewheel.dead_letters SET payload = '{}'");
        const auto verified = cli.run({"verify"});
        CHECK(verified.status == 1);
        CHECK_THAT(verified.output, Catch::Matchers::ContainsSubstring("the record's bytes"));
    }
}

TEST_CASE("verify judges records that are too deep or have a field twice") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const auto nested = [](int levels) {
        return R"({"id": 1, "shop": "a[{\"[{", "price": 1, "x": )" + std::string(levels - 1, '[') +
               std::string(levels - 1, ']') + "}";
    };
    const auto park_all = [&](const std::vector<std::string>& records, const std::string& reason) {
        cli.produce(records);
        for (std::size_t i = 0; i < records.size(); ++i)
            cli.query(
                "INSERT INTO tidewheel.dead_letters (stream_id, topic, partition, \"offset\", "
                "payload, reason, detail, missed_by) SELECT id, topic, 0, " +
                std::to_string(i) + ", convert_to(" + postgres::quote_literal(records[i]) +
                ", 'UTF8'), '" + reason +
                "', '', ARRAY(SELECT id FROM tidewheel.statements) FROM tidewheel.streams");
        cli.query("UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN " +
                  std::to_string(records.size()) + " ELSE 0 END");
    };
    SECTION("too deep") {
        park_all({nested(65), nested(64)}, "too_deep");
    }
    SECTION("a field twice") {
        park_all({R"({"id": 1, "shop": "a", "price": 1, "x": 1, "x": 2})",
                  R"({"id": 1, "shop": "a", "price": 1, "x": {"y": 1, "y": 2}})"},
                 "duplicate_field");
    }
    const auto verified = cli.run({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 1);
    CHECK_THAT(verified.output, Catch::Matchers::ContainsSubstring("[0]@1") &&
                                    !Catch::Matchers::ContainsSubstring("[0]@0"));
}

TEST_CASE("verify replays DO UPDATE in the records' order") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(
        cli.run({"apply",
                 cli.file(
                     orders_stream +
                     "CREATE TABLE spent (shop text PRIMARY KEY, total numeric, last integer);\n"
                     "INSERT INTO spent SELECT shop, price, id FROM orders ON CONFLICT (shop) DO "
                     "UPDATE SET total = spent.total + excluded.total, last = excluded.last;\n")})
            .status == 0);
    cli.produce({R"({"id": 1, "shop": "a", "price": 1})", R"({"id": 2, "shop": "a", "price": 2})",
                 R"({"id": 3, "shop": "b", "price": 5})"});
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN 3 ELSE 0 END");
    cli.query("INSERT INTO spent VALUES ('a', 3, 2), ('b', 5, 3)");
    const auto equal = cli.run({"verify"});
    INFO(equal.output << equal.errors);
    CHECK(equal.status == 0);
    cli.query("UPDATE spent SET last = 1 WHERE shop = 'a'");
    CHECK(cli.run({"verify"}).status == 1);
}

TEST_CASE("verify leaves out what a human led a statement past, and judges nothing there") {
    TidewheelCli cli;
    store_by_hand(cli);
    cli.query("DELETE FROM tidewheel.dead_letters");
    cli.query("DELETE FROM dear_orders WHERE id = 3");
    CHECK(cli.run({"verify", "dear_orders"}).status == 1);
    // Offset 1 is bad, and 2 is the order that isn't there.
    cli.query(
        "INSERT INTO tidewheel.skipped (statement_id, topic, partition, begin_offset, end_offset, "
        "reason) SELECT s.id, t.topic, 0, 1, 3, 'test' FROM tidewheel.statements s, "
        "tidewheel.streams t");
    cli.query("DELETE FROM tidewheel.state_by_shop WHERE k1 = 'a'");
    cli.query("INSERT INTO tidewheel.state_by_shop VALUES ('a', 1, 12.00, 1)");
    const auto verified = cli.run({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
}

TEST_CASE("verify shows rows whole, whatever their columns are called") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(
        cli.run({"apply", cli.file(orders_stream +
                                   "CREATE TABLE kept (id integer PRIMARY KEY, t text, r text);\n"
                                   "INSERT INTO kept SELECT id, NULL, shop FROM orders;\n")})
            .status == 0);
    cli.produce({R"({"id": 1, "shop": "a", "price": 1})"});
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE partition WHEN 0 THEN 1 ELSE 0 END");
    const auto verified = cli.run({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 1);
    CHECK_THAT(verified.output,
               Catch::Matchers::ContainsSubstring(R"(missing    {"r": "a", "t": null, "id": 1})"));
}

TEST_CASE("verify compares a table that statements over two topics fill with the rows of both") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string both =
        "CREATE FOREIGN TABLE other (id integer, shop text, price numeric(10,2)) SERVER kafka "
        "OPTIONS (topic '{topic}_other', partitions '2');\n"
        "CREATE TABLE all_orders (id integer, shop text, price numeric(10,2));\n"
        "INSERT INTO all_orders SELECT id, shop, price FROM orders;\n"
        "-- name: others\nINSERT INTO all_orders SELECT id + 100, shop, price FROM other;\n";
    REQUIRE(cli.run({"apply", cli.file(orders_stream + both)}).status == 0);
    cli.produce({R"({"id": 1, "shop": "a", "price": 12})"});
    kafka::Producer producer(testing::kafka());
    const std::string_view record = R"({"id": 1, "shop": "b", "price": 13})";
    producer.send(cli.topic + "_other", {1, std::nullopt, record, {}, 0});
    REQUIRE(producer.flush(std::chrono::seconds(20)));
    cli.query("INSERT INTO all_orders VALUES (1, 'a', 12), (101, 'b', 13)");
    cli.query(
        "UPDATE tidewheel.progress SET next_offset = CASE (topic LIKE '%_other')::int WHEN "
        "partition THEN 1 ELSE 0 END");
    const auto equal = cli.run({"verify"});
    INFO(equal.output << equal.errors);
    CHECK(equal.status == 0);
    for (const std::string id : {"1", "101"}) {
        cli.query("DELETE FROM all_orders WHERE id = " + id);
        CHECK(cli.run({"verify"}).status == static_cast<int>(ExitCode::difference));
        cli.query("INSERT INTO all_orders VALUES (" + id + ", " +
                  (id == "1" ? "'a', 12" : "'b', 13") + ")");
    }
    CHECK(cli.run({"verify"}).status == 0);
}
