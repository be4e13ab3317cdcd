// CREATE INDEX on a view: it stands on the state table.
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE sales (shop text NOT NULL, price numeric(10,2)) SERVER kafka OPTIONS "
    "(topic '{topic}');\n";
const std::string view =
    "CREATE MATERIALIZED VIEW by_shop AS SELECT shop, count(*) AS n, sum(price) AS total, "
    "avg(price) AS mean FROM sales GROUP BY shop;\n";
const std::string indexes =
    "CREATE INDEX by_total ON by_shop (total DESC NULLS LAST) WHERE n > 1;\n"
    "CREATE INDEX by_mean ON by_shop (mean, upper(by_shop.shop)) INCLUDE (n);\n";

std::string plan_of(const Deployment& deployment, const std::string& query) {
    postgres::Connection connection(deployment.url());
    postgres::Transaction transaction(connection);
    transaction.run("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off");
    std::string text;
    for (const postgres::Row& row : transaction.query("EXPLAIN " + query))
        text += row.text(0) + "\n";
    return text;
}

std::string index_of(const Deployment& deployment, const std::string& object) {
    return deployment.value(
        "SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN "
        "tidewheel.statements s ON s.name = 'by_shop' AND i.indrelid = s.state_table::regclass "
        "WHERE obj_description(c.oid) LIKE '%" +
        object + "%'");
}

// PostgreSQL uses both indexes for queries of the view.
void require_used(const Deployment& deployment) {
    CHECK_THAT(plan_of(deployment,
                       "SELECT * FROM by_shop WHERE n > 1 ORDER BY total DESC NULLS "
                       "LAST LIMIT 1"),
               ContainsSubstring("Index Scan using " + index_of(deployment, "INDEX by_total")));
    CHECK_THAT(plan_of(deployment, "SELECT * FROM by_shop WHERE mean = 3"),
               ContainsSubstring("Index Scan using " + index_of(deployment, "INDEX by_mean")));
}

std::string refusal_of(const Deployment& deployment, const std::string& index) {
    const Finished refused = deployment.tidewheel({"plan", deployment.file(stream + view + index)});
    INFO(refused.output);
    CHECK(refused.status == 3);
    return refused.errors;
}

}  // namespace

TEST_CASE("an index on a view is used by its queries, and outlives a rebuild and a changed view") {
    Deployment deployment;
    REQUIRE(deployment.apply(stream + view + indexes).status == 0);
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"shop": "a", "price": 1})", R"({"shop": "a", "price": 5})",
                        R"({"shop": "b", "price": 7})"});
    deployment.arrive();
    require_used(deployment);
    CHECK_THAT(deployment.tidewheel({"apply", deployment.file(stream + view + indexes)}).output,
               ContainsSubstring("unchanged  CREATE INDEX by_total"));

    deployment.must({"rebuild", "by_shop"});
    require_used(deployment);

    std::string finished = view;  // the same state under other columns
    finished.replace(finished.find("count(*) AS n"), 13, "count(*) AS n, max(price) AS top");
    deployment.must({"apply", "--rebuild", deployment.file(stream + finished + indexes)});
    require_used(deployment);
    CHECK(deployment.value("SELECT string_agg(shop || ' ' || total, ', ' ORDER BY shop) FROM "
                           "by_shop") == "a 6.00, b 7.00");

    std::string in_place = finished;
    in_place.replace(in_place.find("avg(price) AS mean"), 18, "avg(price) + 1 AS mean");
    deployment.must({"apply", deployment.file(stream + in_place + indexes)});
    require_used(deployment);
    deployment.must({"verify"});

    deployment.must({"drop", "--yes", "INDEX by_total"});
    CHECK(deployment.value("SELECT count(*) FROM pg_indexes WHERE schemaname = 'tidewheel' AND "
                           "tablename LIKE 'state!_by%' ESCAPE '!'") == "2");
    deployment.query("DROP INDEX tidewheel." + index_of(deployment, "INDEX by_mean"));
    const Finished again =
        deployment.tidewheel({"apply", deployment.file(stream + in_place + indexes)});
    CHECK_THAT(again.output, ContainsSubstring("created    CREATE INDEX by_total") &&
                                 ContainsSubstring("restored   CREATE INDEX by_mean"));
    require_used(deployment);

    deployment.must({"drop", "--yes", "by_shop"});
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.objects") == "0");
}

TEST_CASE("what can't be indexed on a view is refused at its place") {
    Deployment deployment;
    deployment.must({"init"});
    CHECK_THAT(refusal_of(deployment, "CREATE UNIQUE INDEX u ON by_shop (total);\n"),
               ContainsSubstring(":3:") && ContainsSubstring("UNIQUE") &&
                   ContainsSubstring("group keys are unique already"));
    CHECK_THAT(refusal_of(deployment, "CREATE INDEX CONCURRENTLY c ON by_shop (total);\n"),
               ContainsSubstring("CONCURRENTLY"));
    CHECK_THAT(refusal_of(deployment, "CREATE INDEX c ON by_shop (totl);\n"),
               ContainsSubstring("view public.by_shop has no column totl") &&
                   ContainsSubstring("Did you mean total?"));
    CHECK_THAT(refusal_of(deployment, "CREATE INDEX c ON by_shop (shop) INCLUDE (mean);\n"),
               ContainsSubstring("INCLUDE"));
    CHECK_THAT(refusal_of(deployment, "CREATE INDEX c ON by_shop USING gist (total);\n"),
               ContainsSubstring(":3:1") && ContainsSubstring("gist"));
    CHECK_THAT(refusal_of(deployment,
                          "CREATE MATERIALIZED VIEW one AS SELECT count(*) AS n FROM sales;\n"
                          "CREATE INDEX c ON one (n);\n"),
               ContainsSubstring("has one row"));
}

TEST_CASE("a view can't lose a column that an index is on, and a changed index is reported") {
    Deployment deployment;
    REQUIRE(deployment.apply(stream + view + indexes).status == 0);
    std::string without = view;
    without.replace(without.find(", avg(price) AS mean"), 20, "");
    for (const char* command : {"plan", "apply"}) {
        const Finished refused =
            deployment.tidewheel({command, "--rebuild", deployment.file(stream + without)});
        INFO(refused.output << refused.errors);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring("tidewheel drop 'INDEX by_mean'"));
    }
    const Finished changed = deployment.tidewheel(
        {"apply", deployment.file(stream + view + "CREATE INDEX by_total ON by_shop (total);\n")});
    CHECK(changed.status == 3);
    CHECK_THAT(changed.errors, ContainsSubstring("tidewheel drop 'INDEX by_total'`, then apply"));
}
