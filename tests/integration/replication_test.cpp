// Logical replication: publications of what Tidewheel keeps must not be in its way, and must not
// lose a table in silence.
#include "applied.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE readings (n integer NOT NULL, station text) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE kept (n integer PRIMARY KEY);
INSERT INTO kept SELECT n FROM readings ON CONFLICT (n) DO UPDATE SET n = excluded.n;
CREATE MATERIALIZED VIEW by_station AS SELECT station, count(*) AS n FROM readings GROUP BY station;
)";

std::string state_of(const Deployment& deployment, const std::string& view) {
    return deployment.value("SELECT state_table FROM tidewheel.statements WHERE name = '" + view +
                            "'");
}

std::string published(const Deployment& deployment, const std::string& publication) {
    return deployment.value(
        "SELECT string_agg(format('%I.\"%s\"', schemaname, tablename), ' ') FROM "
        "pg_publication_tables WHERE pubname = '" +
        publication + "'");
}

}  // namespace

TEST_CASE("a publication of all tables does not interfere") {
    Deployment deployment;
    deployment.must({"init"});
    deployment.query("CREATE PUBLICATION everything FOR ALL TABLES");
    require_applied(deployment, pipeline);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n":1,"station":"a"})", R"({"n":1,"station":"a"})", R"({"n":"x"})"});
    deployment.arrive();
    deployment.must({"pause", "by_station"});
    deployment.must({"resume", "by_station"});
    deployment.send(0, {R"({"n":2,"station":"a"})", R"({"n":2})", R"({"n":3})"});
    deployment.arrive();
    deployment.must({"rebuild", "by_station"});
    deployment.must({"reset", "kept", "--to", "earliest", "--yes"});
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY station) FROM by_station") ==
          "3 2");
    deployment.must({"drop", "--yes", "--cascade", "readings"});
}

TEST_CASE("every table of the catalogue has a replica identity, and so has every state table") {
    Deployment deployment;
    require_applied(deployment, pipeline);
    CHECK(
        deployment
            .value(
                "SELECT coalesce(string_agg(c.relname, ' '), '') FROM pg_class c WHERE c.relkind = "
                "'r' AND c.relnamespace = 'tidewheel'::regnamespace AND NOT (c.relreplident = 'f' "
                "OR c.relreplident = 'd' AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = "
                "c.oid "
                "AND i.indisprimary))")
            .empty());
}

TEST_CASE("a state table that is published stays so when the view is rebuilt") {
    Deployment deployment;
    require_applied(deployment, pipeline);
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n":1,"station":"a"})"});
    eventually("the view has it",
               [&] { return deployment.value("SELECT count(*) FROM by_station") == "1"; });
    const std::string before = state_of(deployment, "by_station");
    deployment.query("CREATE PUBLICATION states FOR TABLE " + before + " WHERE (k1 <> 'z')");
    deployment.query("COMMENT ON TABLE " + before + " IS 'published'");
    deployment.must({"rebuild", "by_station"});
    const std::string after = state_of(deployment, "by_station");
    CHECK(after != before);
    CHECK(published(deployment, "states") == after);
    CHECK_THAT(deployment.value("SELECT rowfilter FROM pg_publication_tables WHERE pubname = "
                                "'states'"),
               ContainsSubstring("'z'"));
    CHECK(deployment.value("SELECT obj_description('" + after + "'::regclass)") == "published");
    CHECK(deployment.value("SELECT relreplident FROM pg_class WHERE oid = '" + after +
                           "'::regclass") == "f");
}
