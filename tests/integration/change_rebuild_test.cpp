// tidewheel apply --rebuild: views by another definition, beside the old ones, while the services
// run.
#include "changes.hpp"
#include "random_kills.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;
using Catch::Matchers::ContainsSubstring;

TEST_CASE(
    "a view with other figures is refused from now on, and rebuilt beside the old one under load") {
    Deployment deployment;
    const auto pipeline = [](const std::string& figures) {
        return stream + "CREATE MATERIALIZED VIEW by_store AS SELECT store, " + figures +
               " FROM numbers GROUP BY store;\n"
               "COMMENT ON MATERIALIZED VIEW by_store IS 'what stores count';\n"
               "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM numbers;\n";
    };
    require_applied(deployment, pipeline("count(*) AS n"));
    deployment.query("GRANT SELECT ON by_store TO PUBLIC");
    const Services services(deployment);
    SteadyLoad load(deployment.topic(), 2);
    eventually("records flow", [&] {
        return deployment.value("SELECT coalesce(max(n), 0) > 1000 FROM total") == "t";
    });

    const Finished refused = deployment.apply(pipeline("count(*) AS n, max(n) AS largest"));
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors, ContainsSubstring("by_store changes the GROUP BY or an aggregate") &&
                                   ContainsSubstring("apply --rebuild"));
    const Finished planned = deployment.tidewheel(
        {"plan", "--rebuild", deployment.file(pipeline("count(*) AS n, max(n) AS largest"))});
    CHECK_THAT(planned.output, ContainsSubstring("view by_store: to be changed") &&
                                   ContainsSubstring("view by_store will be rebuilt"));

    SECTION("with a column more at its end, whatever reads it stays") {
        deployment.query("CREATE VIEW dependent AS SELECT sum(n) AS n FROM by_store");
        require_rebuilt(deployment, pipeline("count(*) AS n, max(n) AS largest"));
        const int sent = load.stop();
        deployment.arrive();
        CHECK(deployment.value("SELECT n FROM dependent") == std::to_string(sent));
        CHECK(deployment.value("SELECT max(largest) FROM by_store") == std::to_string(sent - 1));
    }
    SECTION("with other columns, unless something depends on those that were there") {
        deployment.query("CREATE VIEW dependent AS SELECT sum(n) AS n FROM by_store");
        const Finished held =
            deployment.apply(pipeline("sum(n) AS total, count(*) AS n"), {"--rebuild"});
        CHECK(held.status == 3);
        CHECK_THAT(held.errors, ContainsSubstring("depend"));
        CHECK(deployment.value("SELECT count(*) FROM tidewheel.statements") == "2");
        deployment.query("DROP VIEW dependent");
        require_rebuilt(deployment, pipeline("sum(n) AS total, count(*) AS n"));
        const long sent = load.stop();
        deployment.arrive();
        CHECK(deployment.value("SELECT sum(total) FROM by_store") ==
              std::to_string(sent * (sent - 1) / 2));
    }
    CHECK(deployment.value("SELECT obj_description('by_store'::regclass)") == "what stores count");
    CHECK(deployment.value("SELECT has_table_privilege('public', 'by_store', 'SELECT')") == "t");
    check_verified(deployment);
    CHECK(deployment.value("SELECT count(*) FROM pg_class WHERE relname LIKE 'state\\_%' AND "
                           "relkind = 'r'") == "2");
}

TEST_CASE("apply --rebuild that is killed again and again leaves the old view or the new one") {
    Deployment deployment;
    const auto pipeline = [](int round) {
        return stream +
               "CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n, sum(n + " +
               std::to_string(round) + ") AS total FROM numbers GROUP BY store;\n";
    };
    require_applied(deployment, pipeline(0));
    deployment.send(0, numbers(0, 20000));
    deployment.send(1, numbers(20000, 40000));
    const Services services(deployment);
    deployment.arrive();
    RandomKills applies(5, std::chrono::milliseconds(1500));
    for (int round = 1; round <= 8; ++round) {
        applies.run(deployment, {"apply", "--rebuild", deployment.file(pipeline(round))});
        deployment.send(round % 2, numbers(40000 + round, 40001 + round));
        check_verified(deployment);
    }
    CHECK(applies.killed() > 2);
    require_rebuilt(deployment, pipeline(9));
    deployment.arrive();
    check_verified(deployment);
    CHECK(deployment.value(
              "SELECT sum(total) = sum(n) * 9 + 40008 * 40009 / 2 - 40000 FROM by_store") == "t");
}

TEST_CASE("a column of another type: views of it are recomputed, or nothing is changed") {
    Deployment deployment;
    const std::string rest =
        "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM numbers;\n"
        "CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n FROM numbers GROUP BY "
        "store;\n";
    require_applied(deployment, stream + rest);
    const Services services(deployment);
    deployment.send(0, numbers(0, 100));
    deployment.send(0, {R"({"n": 3000000000, "store": "s1"})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "1");

    const std::string wider = stream_with("n     integer", "n     bigint");
    const Finished refused = deployment.apply(wider + rest);
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors, ContainsSubstring("the columns of total"));
    require_rebuilt(deployment, wider + rest);
    CHECK(deployment.value("SELECT n || ' ' || sum || ' ' || pg_typeof(sum) FROM total") ==
          "101 3000004950 numeric");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    deployment.send(1, {R"({"n": 4000000000, "store": "s1"})"});
    deployment.arrive();
    check_verified(deployment);

    const Finished lost = deployment.apply(stream_with("    store text    NOT NULL,\n", "") + rest);
    CHECK(lost.status == 3);
    CHECK_THAT(lost.errors, ContainsSubstring("store"));
    check_verified(deployment);
}

TEST_CASE("a rebuild by a definition that was changed meanwhile is given up") {
    Deployment deployment;
    const auto pipeline = [](const std::string& first, const std::string& second) {
        return stream + "CREATE MATERIALIZED VIEW one AS SELECT " + first +
               " AS n FROM numbers;\nCREATE MATERIALIZED VIEW two AS SELECT count(*) AS n FROM "
               "numbers WHERE " +
               second + ";\n";
    };
    require_applied(deployment, pipeline("count(*)", "n > 10"));
    deployment.send(0, numbers(0, 100));
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string slow = deployment.file(pipeline("sum(n)", "n > 20"));
    const std::string version = "SELECT version FROM tidewheel.catalogue";
    const std::string before = deployment.value(version);
    auto other = std::make_unique<postgres::Connection>(deployment.url());  // holds up the rebuilds
    other->query(
        "SELECT pg_advisory_lock(hashtextextended('tidewheel rebuild ' || id, 0)) FROM "
        "tidewheel.statements WHERE name = 'one'");
    Process command(
        {program("tidewheel"), "apply", "--rebuild", slow},
        {"TIDEWHEEL_DATABASE=" + deployment.url(), "TIDEWHEEL_KAFKA=" + testing::kafka().brokers});
    eventually("all is tried and committed, but for the rebuilds",
               [&] { return deployment.value(version) != before; });
    require_applied(deployment, pipeline("count(*)", "n > 30"));
    other.reset();
    CHECK(command.wait() == 5);
    CHECK_THAT(command.errors(), ContainsSubstring("was changed in the meantime"));
    CHECK(deployment.value("SELECT string_agg(substr(text, position('n > ' in text)), ',') FROM "
                           "tidewheel.statements WHERE name = 'two'") == "n > 30");
    require_rebuilt(deployment, pipeline("count(*)", "n > 30"));
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM two") == "69");
    check_verified(deployment);
}
