#include "changes.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using testing::orders_pipeline;
using testing::TidewheelCli;

TEST_CASE("drop takes a view with its state, leaves a table, and refuses a stream that is read") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string file = cli.file(orders_pipeline);
    REQUIRE(cli.run({"apply", file}).status == 0);

    const auto refused = cli.run({"drop", "orders", "--yes"});
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors,
               Catch::Matchers::ContainsSubstring("is read by dear_orders, by_shop"));

    REQUIRE(cli.run({"drop", "by_shop", "dear_orders", "--yes"}).status == 0);
    CHECK(cli.value("SELECT to_regclass('by_shop')") == "NULL");
    CHECK(cli.value("SELECT to_regclass('tidewheel.state_by_shop')") == "NULL");
    CHECK(cli.value("SELECT to_regclass('dear_orders')") == "dear_orders");
    CHECK(cli.value("SELECT count(*) FROM tidewheel.progress") == "0");

    REQUIRE(cli.run({"apply", file}).status == 0);
    CHECK(cli.value("SELECT obj_description('by_shop'::regclass)") == "what shops sell");
    REQUIRE(cli.run({"drop", "orders", "--cascade", "--yes"}).status == 0);
    CHECK(cli.value("SELECT to_regclass('orders')") == "NULL");
    CHECK(cli.value("SELECT count(*) FROM tidewheel.streams") == "0");
}

TEST_CASE("drop of something that was never applied is a usage error and raises no version") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    CHECK(cli.run({"drop", "nothing", "--yes"}).status == 2);
    CHECK(cli.value("SELECT version FROM tidewheel.catalogue") == "1");
}

TEST_CASE("drop without a terminal requires --yes, and drops nothing") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    const auto refused = cli.run({"drop", "by_shop"});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Catch::Matchers::ContainsSubstring("Add --yes"));
    CHECK(cli.value("SELECT to_regclass('by_shop')") == "by_shop");
}

TEST_CASE("drop finds a stream as PostgreSQL would, and refuses a name that means two") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto stream = [](const std::string& schema, const std::string& topic) {
        return "CREATE FOREIGN TABLE " + schema + ".dd (id integer) SERVER kafka OPTIONS (topic '" +
               topic + "');\n";
    };
    const std::string file =
        cli.file("CREATE SCHEMA aside; CREATE SCHEMA beside;\n" + stream("aside", "{topic}") +
                 stream("beside", "{topic}.beside") + stream("public", "{topic}.public"));
    REQUIRE(cli.run({"apply", file}).status == 0);
    const auto left = [&] {
        return cli.value(
            "SELECT string_agg(schema_name, ' ' ORDER BY schema_name) FROM tidewheel.streams");
    };

    REQUIRE(cli.run({"drop", "dd", "--yes"}).status == 0);
    CHECK(left() == "aside beside");
    CHECK(cli.value("SELECT to_regclass('public.dd')") == "NULL");
    const auto refused = cli.run({"drop", "dd", "--yes"});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Catch::Matchers::ContainsSubstring("aside.dd, beside.dd"));
    REQUIRE(cli.run({"drop", "beside.dd", "--yes"}).status == 0);
    CHECK(left() == "aside");
    REQUIRE(cli.run({"drop", "dd", "--yes"}).status == 0);
    CHECK(left() == "NULL");
}

TEST_CASE("drop says that a statement's own dead letters go, and keeps those of others") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    REQUIRE(cli.run({"apply", cli.file(orders_pipeline)}).status == 0);
    cli.query(
        "INSERT INTO tidewheel.dead_letters (stream_id, statement_id, topic, partition, "
        "\"offset\", reason, detail, missed_by) SELECT t.id, s.id, t.topic, 0, 1, "
        "'target_refused', '', '{}' FROM "
        "tidewheel.streams t LEFT JOIN (SELECT id FROM tidewheel.statements UNION ALL SELECT "
        "NULL) s ON true");
    const auto dropped = cli.run({"drop", "by_shop", "--yes"});
    CHECK_THAT(dropped.output, Catch::Matchers::ContainsSubstring("its own dead letters"));
    CHECK(cli.value("SELECT string_agg(coalesce(s.name, 'the stream'), ' ' ORDER BY s.name) FROM "
                    "tidewheel.dead_letters d LEFT JOIN tidewheel.statements s ON s.id = "
                    "d.statement_id") == "dear_orders the stream");
}

TEST_CASE("drop waits for a long reader of the view, while the services continue") {
    namespace changes = testing::changes;
    testing::Deployment deployment;
    require_applied(deployment, changes::stream + R"(
CREATE MATERIALIZED VIEW kept AS SELECT count(*) AS n FROM numbers;
CREATE MATERIALIZED VIEW dropped AS SELECT store, count(*) AS n FROM numbers GROUP BY store;
CREATE MATERIALIZED VIEW dropped_too AS SELECT max(n) AS n FROM numbers;
)");
    const testing::Services services(deployment);
    testing::SteadyLoad load(deployment.topic(), 2);
    const auto kept = [&] {
        return std::stol(deployment.value("SELECT coalesce(max(n), 0) FROM kept"));
    };
    testing::eventually("records flow", [&] { return kept() > 500; });
    postgres::Connection connection(deployment.url());
    auto reading = std::make_unique<postgres::Transaction>(connection);
    reading->query("SELECT count(*) FROM dropped");
    auto drop = deployment.start_command({"drop", "--yes", "dropped", "dropped_too"});
    testing::eventually("drop waits for the reader", [&] {
        return deployment.value(
                   "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type ="
                   " 'Lock' AND query LIKE 'DROP %'") == "t";
    });
    const long before = kept();
    testing::eventually("what stays goes on", [&] { return kept() > before + 1000; });
    CHECK(drop->running());
    reading.reset();
    CHECK(drop->wait() == 0);
    const int sent = load.stop();
    deployment.arrive();
    CHECK(kept() == sent);
    CHECK(deployment.value("SELECT to_regclass('dropped') IS NULL AND to_regclass('dropped_too') IS"
                           " NULL") == "t");
    testing::check_verified(deployment);
}
