// What was applied, and was dropped by psql since.
#include "applied.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE numbers (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}');\n";
const std::string pipeline =
    stream +
    "CREATE TABLE kept (n integer PRIMARY KEY);\n"
    "CREATE INDEX kept_n ON kept (n);\n"
    "INSERT INTO kept SELECT n FROM numbers ON CONFLICT (n) DO NOTHING;\n"
    "CREATE MATERIALIZED VIEW totals AS SELECT n % 2 AS odd, count(*) AS n FROM numbers GROUP BY "
    "1;\n"
    "COMMENT ON MATERIALIZED VIEW totals IS 'odd and even';\n"
    "CREATE VIEW odd AS SELECT * FROM kept WHERE n % 2 = 1;\n";

// Applied, with three records in it.
void fill(const Deployment& deployment) {
    REQUIRE(deployment.apply(pipeline).status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n": 1})", R"({"n": 2})", R"({"n": 3})"});
    deployment.arrive();
}

}  // namespace

TEST_CASE("a table that was dropped is not unchanged: apply says how to restore it") {
    Deployment deployment;
    fill(deployment);
    deployment.query("DROP TABLE kept CASCADE");
    for (const char* command : {"plan", "apply"}) {
        const Finished refused = deployment.tidewheel({command, deployment.file(pipeline)});
        INFO(refused.output << refused.errors);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors,
                   ContainsSubstring("TABLE kept was applied but no longer exists") &&
                       ContainsSubstring("tidewheel drop 'TABLE kept'") &&
                       ContainsSubstring("tidewheel reset kept --to earliest"));
    }
    CHECK_THAT(deployment.tidewheel({"status"}).output,
               ContainsSubstring("table public.kept of kept was dropped"));

    // The way that is named leads there.
    deployment.must({"drop", "--yes", "TABLE kept"});
    deployment.must({"apply", deployment.file(pipeline)});
    deployment.must({"reset", "kept", "--to", "earliest", "--yes"});
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM odd") == "1 3");
    CHECK(deployment.value("SELECT to_regclass('kept_n') IS NOT NULL") == "t");
}

TEST_CASE("a stream's table and a view that were dropped are restored, and lose nothing") {
    Deployment deployment;
    fill(deployment);
    deployment.query("DROP FOREIGN TABLE numbers");
    deployment.query("DROP VIEW totals");
    deployment.query("DROP VIEW odd");
    deployment.query("DROP INDEX kept_n");
    CHECK_THAT(deployment.tidewheel({"status"}).output,
               ContainsSubstring("stream public.numbers was dropped") &&
                   ContainsSubstring("view public.totals of totals was dropped"));
    CHECK_THAT(deployment.tidewheel({"plan", deployment.file(pipeline)}).output,
               ContainsSubstring("view totals: to be restored"));
    const Finished applied = deployment.tidewheel({"apply", deployment.file(pipeline)});
    require_applied(applied);
    CHECK_THAT(applied.output, ContainsSubstring("restored   stream numbers") &&
                                   ContainsSubstring("restored   view totals") &&
                                   ContainsSubstring("restored   CREATE VIEW odd") &&
                                   ContainsSubstring("restored   CREATE INDEX kept_n") &&
                                   ContainsSubstring("4 restored"));
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY odd) FROM totals") == "1 2");
    CHECK(deployment.value("SELECT obj_description('totals'::regclass)") == "odd and even");
    CHECK(deployment.value("SELECT count(*) FROM odd") == "2");
    CHECK(deployment.value("SELECT to_regclass('kept_n') IS NOT NULL") == "t");

    // And everything continues where it was.
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n": 4})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY odd) FROM totals") == "2 2");
    CHECK_THAT(deployment.tidewheel({"apply", deployment.file(pipeline)}).output,
               ContainsSubstring("0 statements created, 7 unchanged"));
}

TEST_CASE("a state table that was dropped is reported with what was lost, and the way back") {
    Deployment deployment;
    fill(deployment);
    deployment.query("DROP TABLE " +
                     deployment.value("SELECT state_table FROM tidewheel.statements WHERE "
                                      "name = 'totals'") +
                     " CASCADE");
    CHECK_THAT(deployment.tidewheel({"status"}).output,
               ContainsSubstring("of view totals was dropped"));
    const Finished refused = deployment.tidewheel({"apply", deployment.file(pipeline)});
    INFO(refused.output << refused.errors);
    CHECK(refused.status == 3);
    CHECK_THAT(refused.errors,
               ContainsSubstring("was dropped") && ContainsSubstring("tidewheel drop totals"));
    deployment.must({"drop", "--yes", "totals"});
    deployment.must({"apply", deployment.file(pipeline)});
    auto aggregator = deployment.start("tidewheel-aggregator"),
         worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY odd) FROM totals") == "1 2");
}
