#include "tidewheel/catalogue/catalogue_rows.hpp"
#include "tidewheel/testing/process.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::orders_pipeline;
using testing::orders_stream;
using testing::TidewheelCli;

namespace {

// Applies a bad pipeline and requires that it is refused at this place, and that nothing came of
// it.
void require_refused(TidewheelCli& cli, const std::string& text, const std::string& place,
                     const std::string& what) {
    const auto applied = cli.run({"apply", cli.file(text)});
    INFO(applied.output << applied.errors);
    CHECK(applied.status == 3);
    CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("pipeline.sql:" + place));
    CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring(what));
    CHECK(cli.value("SELECT to_regclass('orders')") == "NULL");
    CHECK(cli.value("SELECT count(*) FROM tidewheel.streams") == "0");
    kafka::Admin admin(testing::kafka());
    CHECK(!admin.partitions(cli.topic));
}

}  // namespace

TEST_CASE(
    "apply makes streams, tables, views, progress and topics, and does nothing the second time") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    const auto first = cli.run({"apply", file});
    INFO(first.output << first.errors);
    REQUIRE(first.status == 0);
    CHECK(cli.value("SELECT relkind FROM pg_class WHERE oid = 'orders'::regclass") == "f");
    CHECK(cli.value("SELECT relkind FROM pg_class WHERE oid = 'by_shop'::regclass") == "v");
    CHECK(cli.value("SELECT obj_description('by_shop'::regclass)") == "what shops sell");
    CHECK(cli.value("SELECT count(*) FROM tidewheel.progress WHERE next_offset IS NULL") == "4");
    CHECK(cli.value("SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM "
                    "pg_attribute WHERE attrelid = 'by_shop'::regclass AND attnum > 0") ==
          "text,bigint,numeric,numeric");
    kafka::Admin admin(testing::kafka());
    CHECK(admin.partitions(cli.topic) == 2);

    const std::string version = cli.value("SELECT version FROM tidewheel.catalogue");
    const auto second = cli.run({"apply", file, "--json"});
    REQUIRE(second.status == 0);
    const codec::Json document = second.json();
    CHECK(document.find("changed")->boolean() == false);
    for (const codec::Json& statement : document.find("statements")->items())
        CHECK(statement.find("outcome")->string() == "unchanged");
    CHECK(cli.value("SELECT version FROM tidewheel.catalogue") == version);
}

TEST_CASE(
    "apply refuses a syntax error, an unknown type, an unknown option and a missing topic at their "
    "place") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    SECTION("a syntax error") {
        require_refused(cli, orders_stream + "CREATE TABEL t (a int);\n", "7:8", "syntax error");
    }
    SECTION("an unknown type") {
        require_refused(cli,
                        "CREATE FOREIGN TABLE orders (\n    id intger\n) SERVER kafka OPTIONS "
                        "(topic '{topic}');\n",
                        "2:8", "intger");
    }
    SECTION("an unknown option") {
        require_refused(cli,
                        "CREATE FOREIGN TABLE orders (id int) SERVER kafka OPTIONS (topic "
                        "'{topic}', colour 'red');\n",
                        "1:", "colour");
    }
    SECTION("no topic") {
        require_refused(
            cli, "CREATE FOREIGN TABLE orders (id int) SERVER kafka OPTIONS (partitions '1');\n",
            "1:", "topic");
    }
    SECTION("two statements with one name") {
        require_refused(
            cli,
            orders_pipeline + "CREATE MATERIALIZED VIEW by_shop AS SELECT count(*) FROM orders;\n",
            "12:", "by_shop");
    }
    SECTION("an unknown column in the middle of a statement") {
        require_refused(
            cli,
            orders_stream +
                "CREATE TABLE t (id integer);\nINSERT INTO t\nSELECT idd\nFROM orders;\n",
            "9:8", "idd");
    }
    SECTION("an unknown function in a view") {
        require_refused(cli,
                        orders_stream +
                            "CREATE MATERIALIZED VIEW v AS\nSELECT shop, nosuch(shop), "
                            "count(*)\nFROM orders GROUP BY 1, 2;\n",
                        "8:14", "nosuch");
    }
    SECTION("a volatile function") {
        require_refused(cli,
                        orders_stream +
                            "CREATE TABLE t (id integer, r float);\nINSERT INTO t\nSELECT id, "
                            "random() FROM orders;\n",
                        "", "random");
    }
    SECTION("now() in a view") {
        require_refused(cli,
                        orders_stream +
                            "CREATE MATERIALIZED VIEW v AS SELECT now() AS n, count(*) FROM orders "
                            "GROUP BY 1;\n",
                        "7:", "now");
    }
    SECTION("a conflict target without a unique index") {
        require_refused(cli,
                        orders_stream +
                            "CREATE TABLE t (id integer);\nINSERT INTO t SELECT id FROM orders ON "
                            "CONFLICT (id) DO NOTHING;\n",
                        "8:1", "unique");
    }
}

TEST_CASE("apply and plan refuse a database that was not initialized, and make nothing in it") {
    TidewheelCli cli;
    const std::string file = cli.file(orders_pipeline);
    for (const char* command : {"apply", "plan"}) {
        const auto refused = cli.run({command, file});
        INFO(refused.output << refused.errors);
        CHECK(refused.status == 4);
        CHECK_THAT(refused.errors, Catch::Matchers::ContainsSubstring(
                                       "database " + cli.database().name() + " has no catalogue") &&
                                       Catch::Matchers::ContainsSubstring("`tidewheel init`"));
    }
    CHECK(cli.value("SELECT to_regnamespace('tidewheel')") == "NULL");
    CHECK(cli.value("SELECT to_regclass('orders')") == "NULL");
    kafka::Admin admin(testing::kafka());
    CHECK(!admin.partitions(cli.topic));
}

TEST_CASE("apply and plan name a file without a statement, and do the rest") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string empty = cli.file("", "empty.sql"),
                      comments = cli.file("-- later\n/* or never */\n", "comments.sql"),
                      file = cli.file(orders_pipeline);
    for (const char* command : {"plan", "apply"}) {
        const auto told = cli.run({command, empty, file, comments});
        INFO(told.errors);
        CHECK(told.status == 0);
        CHECK_THAT(
            told.output,
            Catch::Matchers::ContainsSubstring("warning: " + empty + " contains no statement") &&
                Catch::Matchers::ContainsSubstring(comments + " contains no statement"));
    }
    CHECK(cli.value("SELECT to_regclass('orders')") == "orders");
    const auto planned = cli.run({"plan", empty});
    CHECK(planned.status == 0);
    CHECK_THAT(planned.output, !Catch::Matchers::ContainsSubstring("catalogue is empty"));
    CHECK(cli.run({"apply", empty, "--json"}).json().find("warnings")->items().size() == 1);
}

TEST_CASE("apply reports every mistake of independent statements at once") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto applied = cli.run(
        {"apply", cli.file(orders_stream + "CREATE TABLE t (id integer);\n"
                                           "INSERT INTO t SELECT rank() OVER () FROM orders;\n"
                                           "-- name: second\n"
                                           "INSERT INTO t SELECT DISTINCT id FROM orders;\n")});
    CHECK(applied.status == 3);
    CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("pipeline.sql:8:"));
    CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("pipeline.sql:10:"));
}

TEST_CASE(
    "apply reports every mistake that PostgreSQL finds, and none that only follows from one") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto applied =
        cli.run({"apply", cli.file(orders_stream +
                                   "CREATE TABLE t (id integer);\n"
                                   "CREATE TABLE u (id intger);\n"
                                   "INSERT INTO t SELECT idd FROM orders;\n"
                                   "INSERT INTO u SELECT id FROM orders;\n"
                                   "CREATE MATERIALIZED VIEW v AS SELECT nosuch(id), count(*) "
                                   "FROM orders GROUP BY 1;\n"
                                   "-- name: good\nINSERT INTO t SELECT id FROM orders;\n")});
    INFO(applied.errors);
    CHECK(applied.status == 3);
    for (const std::string place : {"8:", "9:", "11:"})
        CHECK_THAT(applied.errors, Catch::Matchers::ContainsSubstring("pipeline.sql:" + place));
    for (const std::string place : {"10:", "12:", "13:"})
        CHECK_THAT(applied.errors, !Catch::Matchers::ContainsSubstring("pipeline.sql:" + place));
    CHECK(cli.value("SELECT to_regclass('t')") == "NULL");
}

TEST_CASE("apply refuses a statement that reads what one of another file fills") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const auto applied = cli.run(
        {"apply", cli.file("CREATE TABLE seen (id integer, before bigint);\n"
                           "INSERT INTO seen SELECT o.id, (SELECT count(*) FROM dear_orders d "
                           "WHERE d.shop = o.shop) FROM orders o;\n",
                           "second.sql")});
    INFO(applied.errors);
    CHECK(applied.status == 3);
    CHECK_THAT(applied.errors,
               Catch::Matchers::ContainsSubstring("second.sql:2:1: error: seen reads what "
                                                  "dear_orders fills"));
}

TEST_CASE("apply refuses what can't be changed in place, and changes nothing") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const std::string before =
        cli.value("SELECT md5(string_agg(s::text, ',' ORDER BY id)) FROM tidewheel.statements s");
    std::string changed = orders_pipeline;
    changed.replace(changed.find("sum(price)"), 10, "max(price)");
    changed.replace(changed.find("price > 10"), 10, "price > 20");  // which alone would do
    const auto applied = cli.run({"apply", cli.file("CREATE TABLE fresh (a int);\n" + changed)});
    CHECK(applied.status == 3);
    CHECK_THAT(applied.errors,
               Catch::Matchers::ContainsSubstring("by_shop changes the GROUP BY or an aggregate") &&
                   Catch::Matchers::ContainsSubstring("apply --rebuild"));
    CHECK(cli.value("SELECT to_regclass('fresh')") == "NULL");
    CHECK(
        cli.value("SELECT md5(string_agg(s::text, ',' ORDER BY id)) FROM tidewheel.statements s") ==
        before);
}

TEST_CASE(
    "apply of a file from which a statement was removed says what drop would do, and does "
    "nothing") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const auto applied = cli.run({"apply", cli.file(orders_stream)});
    REQUIRE(applied.status == 0);
    CHECK_THAT(applied.output,
               Catch::Matchers::ContainsSubstring("tidewheel drop by_shop") &&
                   Catch::Matchers::ContainsSubstring("tidewheel drop dear_orders") &&
                   Catch::Matchers::ContainsSubstring("tidewheel drop 'TABLE dear_orders'"));
    CHECK(cli.value("SELECT count(*) FROM tidewheel.statements") == "2");
}

TEST_CASE("apply warns of an INSERT that adds to rows that are there already") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string insert = "INSERT INTO ids SELECT id FROM orders";
    const std::string before = orders_stream + "CREATE TABLE ids (id integer);\n";
    const std::string file = cli.file(before + insert + ";\n");
    const auto empty = cli.run({"apply", file});
    INFO(empty.errors);
    REQUIRE(empty.status == 0);
    CHECK_THAT(empty.output, !Catch::Matchers::ContainsSubstring("warning: ids"));
    cli.query("INSERT INTO ids VALUES (1), (2)");

    const auto changed = cli.run({"apply", cli.file(before + insert + " WHERE id > 0;\n")});
    CHECK(changed.status == 0);
    CHECK_THAT(changed.output, !Catch::Matchers::ContainsSubstring("warning: ids"));

    REQUIRE(cli.run({"drop", "ids", "--yes"}).status == 0);
    const auto again = cli.run({"apply", cli.file(before + insert + ";\n")});
    REQUIRE(again.status == 0);
    CHECK_THAT(again.output,
               Catch::Matchers::ContainsSubstring("warning: ids: public.ids holds 2 rows already"));
}

TEST_CASE("an unqualified stream is the one that the search path finds") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    cli.query("CREATE SCHEMA aside");
    REQUIRE(cli.run({"apply",
                     cli.file("CREATE FOREIGN TABLE aside.orders (id integer) SERVER kafka OPTIONS "
                              "(topic '{topic}_aside');\n",
                              "aside.sql")})
                .status == 0);
    const auto applied = cli.run({"apply", cli.file(orders_pipeline)});
    INFO(applied.errors);
    REQUIRE(applied.status == 0);
    CHECK(cli.value("SELECT DISTINCT topic FROM tidewheel.progress") == cli.topic);
}

TEST_CASE(
    "an ordinary role applies a pipeline, as foreign tables after init by a superuser, as tables "
    "without") {
    TidewheelCli cli;
    const std::string role = testing::unique("etl");
    cli.query("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
    cli.query("GRANT CREATE ON SCHEMA public TO " + role);
    const auto scheme_end = cli.database().url().find("://") + 3;
    const std::string url = "postgresql://" + role + ":secret" +
                            cli.database().url().substr(cli.database().url().find('@', scheme_end));
    const std::string file = cli.file(orders_pipeline);
    SECTION("after init") {
        REQUIRE(cli.run({"init", "--owner", role}).status == 0);
        const auto applied = cli.run_as(url, {"apply", file});
        INFO(applied.errors);
        REQUIRE(applied.status == 0);
        CHECK(cli.value("SELECT relkind FROM pg_class WHERE oid = 'orders'::regclass") == "f");
    }
    SECTION("without the wrapper") {
        cli.query("GRANT CREATE ON DATABASE " + cli.database().name() + " TO " + role);
        const auto prepared = cli.run_as(url, {"init"});
        CHECK(prepared.status == 0);
        CHECK_THAT(prepared.output, Catch::Matchers::ContainsSubstring("empty ordinary tables"));
        const auto applied = cli.run_as(url, {"apply", file});
        INFO(applied.errors);
        REQUIRE(applied.status == 0);
        CHECK_THAT(applied.output, Catch::Matchers::ContainsSubstring("empty ordinary table"));
        CHECK(cli.value("SELECT relkind FROM pg_class WHERE oid = 'orders'::regclass") == "r");
        CHECK(cli.value("SELECT is_foreign FROM tidewheel.streams") == "f");
    }
    // And changes it: a stream with a column more, a view with another figure and other columns.
    const std::string relkind = cli.value("SELECT relkind FROM pg_class WHERE relname = 'orders'");
    std::string changed = orders_pipeline;
    changed.replace(changed.find("at    timestamptz"), 17, "at    timestamptz, note text");
    changed.replace(changed.find("sum(price) AS total"), 19, "max(price) AS dearest");
    const auto applied = cli.run_as(url, {"apply", "--rebuild", cli.file(changed)});
    INFO(applied.output << applied.errors);
    CHECK(applied.status == 0);
    CHECK(cli.value("SELECT relkind FROM pg_class WHERE relname = 'orders'") == relkind);
    CHECK(cli.value("SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'orders'") ==
          role);
    CHECK(cli.value("SELECT count(dearest) FROM by_shop") == "0");
    cli.query("DROP OWNED BY " + role);
    cli.query("DROP ROLE " + role);
}

TEST_CASE("two applies at once wait for each other, and the second finds all done") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    const auto start = [&] {
        return std::make_unique<testing::Process>(
            std::vector<std::string>{testing::program("tidewheel"), "apply", file, "--database",
                                     cli.database().url(), "--kafka", testing::kafka().brokers});
    };
    postgres::Connection connection(cli.database().url());
    postgres::Transaction gate(connection);
    catalogue::lock_catalogue(gate);
    auto one = start(), other = start();
    testing::eventually("both wait for the lock", [&] {
        return cli.value(
                   "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                   "AND database = (SELECT oid FROM pg_database WHERE datname = "
                   "current_database())") == "2";
    });
    gate.commit();
    CHECK(one->wait() == 0);
    CHECK(other->wait() == 0);
    INFO(one->errors() << other->errors());
    const std::string said = one->output() + other->output();
    CHECK_THAT(said, Catch::Matchers::ContainsSubstring("5 statements created, 0 unchanged") &&
                         Catch::Matchers::ContainsSubstring("0 statements created"));
}

TEST_CASE("apply names each statement so that it can be told what it is") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto applied =
        cli.run({"apply", cli.file("CREATE TABLE movies (id int);\nINSERT INTO movies VALUES (1);\n"
                                   "ALTER TABLE movies ADD COLUMN title text;\n")});
    CHECK_THAT(applied.output,
               Catch::Matchers::ContainsSubstring("created    seed rows of movies\n") &&
                   Catch::Matchers::ContainsSubstring("created    ALTER TABLE movies ADD"));
}

TEST_CASE("a table that was applied and dropped since is told apart from one that never was") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    REQUIRE(cli.run({"apply", file}).status == 0);
    REQUIRE(cli.run({"drop", "dear_orders", "--yes"}).status == 0);
    cli.query("DROP TABLE dear_orders");
    const auto refused = cli.run({"apply", file});
    CHECK(refused.status == 3);
    const std::string way = "tidewheel drop 'TABLE dear_orders'";
    CHECK_THAT(refused.errors, Catch::Matchers::ContainsSubstring(way));
    REQUIRE(cli.run({"drop", "TABLE dear_orders", "--yes"}).status == 0);
    CHECK(cli.run({"apply", file}).status == 0);
}
