// Aggregates that a view makes of partial states: what PostgreSQL's own give over the same rows,
// digit by digit, however the rows came in batches.
#include "batched_views.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel_cli.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// Groups of up to six rows of one kind each, deterministic. The kinds: prices; numbers around zero
// of every size; large ones that hardly differ; whole ones; small ones with many digits; few
// distinct ones; now and then a NULL, a NaN or an infinity.
constexpr const char* make_rows = R"(
SELECT setseed(0.5);
CREATE TABLE rows AS
SELECT g, n, random() < 0.7 AS keep, i, (i % 32768)::smallint AS s, i * 4000000007 AS b,
       CASE kind
         WHEN 0 THEN round((random() * 1000)::numeric, digits)
         WHEN 1 THEN round(((random() - 0.5) * power(10, size))::numeric, digits)
         WHEN 2 THEN 1000000000 + round(random()::numeric, digits)
         WHEN 3 THEN trunc(((random() - 0.5) * power(10, size))::numeric)
         WHEN 4 THEN round((random() * power(10, -size))::numeric, 40)
         WHEN 5 THEN round(random()::numeric * 2)
         ELSE ('{NULL,NaN,Infinity,-Infinity,1,2.50}'::numeric[])[1 + trunc(random() * 6)::int]
       END AS x
FROM (SELECT g, trunc(random() * 7)::int AS kind, trunc(random() * 12)::int AS digits,
             trunc(random() * 28)::int AS size, 1 + trunc(random() * 6)::int AS many
      FROM generate_series(1, 6000) g OFFSET 0) groups,
     LATERAL (SELECT n, ((random() - 0.5) * 4294967295)::integer AS i FROM generate_series(1, many) n OFFSET 0) each
)";

constexpr const char* columns =
    "g integer, n integer, keep boolean, i integer, s smallint, b bigint, x numeric";

void check_all_orders(BatchedView& view) {
    for_all_orders(view, 7, [&] { CHECK(view.differences() == std::vector<std::string>()); });
}

}  // namespace

TEST_CASE("variance and standard deviation of numeric have PostgreSQL's digits") {
    Rows rows(make_rows);
    BatchedView view(
        rows.transaction, columns,
        "variance(x), var_samp(x), var_pop(x), stddev(x), stddev_samp(x), stddev_pop(x), "
        "avg(x), sum(x), count(x) FROM events GROUP BY g");
    check_all_orders(view);
    CHECK(view.count("variance IS NULL AND var_pop = 0") > 100);
    CHECK(view.count("var_pop IS NULL") > 10);
    CHECK(view.count("stddev = 'NaN'") > 100);
    CHECK(view.count("stddev = 0") > 100);
    CHECK(view.count("stddev > 1e9 AND stddev < 'NaN'") > 100);
    // Two roundings, to sqrt()'s digits and then to the variance's, would give others.
    CHECK(view.count("round(sqrt(variance), scale(variance)) <> stddev") > 5);
}

TEST_CASE("variance and standard deviation of integers have PostgreSQL's digits") {
    Rows rows(make_rows);
    BatchedView view(
        rows.transaction, columns,
        "variance(i) AS vi, stddev(i) AS di, var_pop(s) AS vs, stddev_pop(s) AS ds, "
        "var_samp(b) AS vb, stddev_samp(b) AS db, stddev(i + s) AS dis, avg(b) AS ab FROM "
        "events GROUP BY g");
    check_all_orders(view);
    CHECK(view.count("vb > 1e36") > 1000);
}

TEST_CASE("variance takes FILTER, and HAVING takes variance") {
    Rows rows(make_rows);
    BatchedView view(rows.transaction, columns,
                     "variance(x) FILTER (WHERE keep), stddev_pop(b) FILTER (WHERE NOT keep) AS d, "
                     "round(stddev(x), 2) AS rounded FROM events GROUP BY g "
                     "HAVING stddev(x) > 10 OR variance(i) FILTER (WHERE keep) IS NULL");
    check_all_orders(view);
    CHECK(view.count("true") > 500);
    CHECK(view.count("rounded <= 10") > 10);
    CHECK(view.count("variance IS NULL AND d IS NOT NULL") > 10);
}

TEST_CASE("apply warns of statistics whose last digits depend on the order") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const auto applied = cli.run(
        {"apply",
         cli.file("CREATE DOMAIN weight AS real;\nCREATE FOREIGN TABLE parcels (id integer, kg "
                  "weight, m double precision) SERVER kafka OPTIONS (topic '{topic}', partitions "
                  "'1');\nCREATE MATERIALIZED VIEW spread AS SELECT stddev(kg), var_pop(m * id) AS "
                  "v, corr(id, m), regr_count(m, id), stddev(id) AS exact, variance(m::numeric) AS "
                  "n FROM parcels;\n")});
    INFO(applied.errors);
    CHECK(applied.status == 0);
    const auto warns = [](const std::string& part) {
        return ContainsSubstring(part +
                                 " adds floating-point values: its last digits depend on the "
                                 "order of the records");
    };
    CHECK_THAT(applied.output,
               warns("tidewheel.moments(kg::real::double precision)") &&
                   warns("tidewheel.moments(CAST(m * id::double precision AS double precision))") &&
                   warns("tidewheel.pair_moments(id::double precision, m)") &&
                   !warns("regr_count(m, id::double precision)") && !warns("sum(id)"));
}

TEST_CASE("a standard deviation is rebuilt, and verify recomputes it") {
    Deployment deployment;
    deployment.must({"init"});
    const std::string view =
        "CREATE MATERIALIZED VIEW spread AS SELECT store, stddev(price) AS d, variance(price) AS "
        "v FROM prices GROUP BY store;\n";
    const Finished applied = deployment.apply(
        "CREATE FOREIGN TABLE prices (store integer, price numeric) SERVER kafka OPTIONS (topic "
        "'{topic}', partitions '2');\n" +
        view);
    INFO(applied.errors);
    REQUIRE(applied.status == 0);
    deployment.send(0, {R"({"store": 1, "price": 250.25})", R"({"store": 1, "price": 1e3})",
                        R"({"store": 2, "price": 7})"});
    deployment.send(1, {R"({"store": 1, "price": -3.125})", R"({"store": 1})"});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string shown =
        "SELECT string_agg(concat_ws(' ', store, v, d), '; ' ORDER BY store) FROM spread";
    const std::string own = deployment.value(
        "SELECT concat_ws(' ', 1, variance(x), stddev(x)) || '; 2' FROM (VALUES "
        "(250.25::numeric), (1000), (-3.125)) p (x)");
    CHECK(deployment.value(shown) == own);
    deployment.must({"verify"});

    deployment.query("UPDATE tidewheel.state_spread SET a3 = a3 + 0.001 WHERE k1 = 1");
    CHECK(deployment.value(shown) != own);
    CHECK(deployment.tidewheel({"verify", "spread"}).status == 1);
    deployment.must({"rebuild", "spread"});
    CHECK(deployment.value(shown) == own);
    deployment.must({"verify"});
}

TEST_CASE("statistics of floats: a view is indexed, rebuilt and verified, and a NaN is no number") {
    Deployment deployment;
    deployment.must({"init"});
    const Finished applied = deployment.apply(
        "CREATE FOREIGN TABLE prices (store integer, price double precision, qty integer) SERVER "
        "kafka OPTIONS (topic '{topic}', partitions '2');\n"
        "CREATE MATERIALIZED VIEW spread AS SELECT store, stddev(price) AS d, corr(price, qty) "
        "FROM prices GROUP BY store;\n"
        "CREATE INDEX ON spread (d);\n");
    INFO(applied.errors);
    REQUIRE(applied.status == 0);
    deployment.send(0, {R"({"store": 1, "price": 250.25, "qty": 1})",
                        R"({"store": 1, "price": 1e3, "qty": 3})", R"({"store": 2, "price": 7})"});
    deployment.send(1, {R"({"store": 1, "price": -3.125, "qty": 2})", R"({"store": 1})"});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string shown =
        "SELECT string_agg(concat_ws(' ', store, round(d::numeric, 9), round(corr::numeric, 9)), "
        "'; ' ORDER BY store) FROM spread";
    const std::string own = deployment.value(
        "SELECT concat_ws(' ', 1, round(stddev(x)::numeric, 9), round(corr(x, n)::numeric, 9)) || "
        "'; 2' FROM (VALUES (250.25::double precision, 1), (1000, 3), (-3.125, 2)) p (x, n)");
    CHECK(deployment.value(shown) == own);
    deployment.must({"verify"});

    deployment.query("UPDATE tidewheel.state_spread SET a1 = '{3,3,NaN}' WHERE k1 = 1");
    CHECK(deployment.value("SELECT d FROM spread WHERE store = 1") == "NaN");
    CHECK(deployment.tidewheel({"verify", "spread"}).status == 1);
    deployment.must({"rebuild", "spread"});
    CHECK(deployment.value(shown) == own);
    deployment.must({"verify"});
}

// 2^24 + 1 is no real number. A sum of reals would lose the ones.
TEST_CASE("avg of anything real adds up in double precision, as PostgreSQL's does") {
    Deployment deployment;
    deployment.must({"init"});
    deployment.query("CREATE TABLE bins (id integer PRIMARY KEY, kg numeric, m real)");
    deployment.query("INSERT INTO bins VALUES (1, 0.1, 16777216), (2, 0.2, 1)");
    const Finished applied = deployment.apply(
        "CREATE DOMAIN metres AS real;\nCREATE FOREIGN TABLE parcels (bin integer, kg real, m "
        "metres) SERVER kafka OPTIONS (topic '{topic}', partitions '1');\n"
        "CREATE MATERIALIZED VIEW means AS SELECT avg(kg) AS kg, avg(p.kg + 0::real) AS sum, "
        "avg(m) AS m, avg(-m) FILTER (WHERE kg > 0) AS filtered, sum(kg) AS total FROM parcels p "
        "HAVING avg(abs(kg)) IS DISTINCT FROM 5592405.5;\n"
        "CREATE MATERIALIZED VIEW joined AS SELECT avg(bins.m) AS m, avg(bins.kg) AS exact FROM "
        "parcels JOIN bins ON bins.id = parcels.bin;\n");
    INFO(applied.errors);
    REQUIRE(applied.status == 0);
    const std::string first = R"({"bin": 1, "kg": 16777216, "m": 16777216})",
                      small = R"({"bin": 2, "kg": 1, "m": 1})";
    deployment.send(0, {first, small, small});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string own = "SELECT avg(x) FROM (VALUES (16777216::real), (1), (1)) parcels (x)";
    const std::string mean = deployment.value(own);
    CHECK(mean == "5592406");
    CHECK(deployment.value("SELECT concat_ws(' ', kg, sum, m, filtered, total) FROM means") ==
          mean + " " + mean + " " + mean + " -" + mean + " 1.6777216e+07");
    CHECK(deployment.value("SELECT concat_ws(' ', m, exact) FROM joined") ==
          mean + " 0.16666666666666666667");
    deployment.must({"verify"});
}
