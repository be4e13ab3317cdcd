// Aggregates that a view makes of partial states: what PostgreSQL's own give over the same rows,
// digit by digit, however the rows came in batches.
#include <algorithm>
#include <numeric>
#include <random>

#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/catalogue/state_table.hpp"
#include "tidewheel/executor/view_script.hpp"
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

constexpr const char* declarations = R"(
CREATE FOREIGN TABLE events (g integer, n integer, keep boolean, i integer, s smallint, b bigint, x numeric)
    SERVER kafka OPTIONS (topic 'events', partitions '1');
CREATE MATERIALIZED VIEW spread AS SELECT g, )";

// A view's state, filled by the very statement that the aggregator runs over a batch.
class View {
  public:
    View(postgres::Transaction& transaction, const std::string& select)
        : transaction_(transaction) {
        sql::Pipeline pipeline = sql::parse_pipeline(declarations + select, "p.sql");
        stored_.statement = pipeline.statements.back();
        stored_.state_table = "state";
        stored_.search_path = "public";
        transaction_.run("CREATE TEMP TABLE events (LIKE rows)");
        for (const std::string& ddl : catalogue::state_ddl(body(), stored_.state_table))
            transaction_.run(ddl);
    }

    // `batch_of_row`: SQL that numbers the batch of a row.
    void fill(const std::string& batch_of_row, std::vector<int> batches) {
        transaction_.run("TRUNCATE state");
        for (const int batch : batches) {
            transaction_.run("TRUNCATE events; INSERT INTO events SELECT * FROM rows WHERE " +
                             batch_of_row + " = " + std::to_string(batch));
            transaction_.query(executor::view_script({&stored_}));
        }
        transaction_.run("TRUNCATE events; INSERT INTO events SELECT * FROM rows");
    }

    // Rows, as text, that either side alone has: what the view shows, and the SELECT itself.
    std::vector<std::string> differences() {
        const std::string shown = "SELECT v::text FROM (" + body().finish("state") + ") v",
                          own = "SELECT v::text FROM (" + stored_.statement.select + ") v";
        std::vector<std::string> rows;
        for (const auto& row :
             transaction_.query("(SELECT 'view ' || v FROM (" + shown + " EXCEPT ALL " + own +
                                ") d (v) UNION ALL SELECT 'PostgreSQL ' || v FROM (" + own +
                                " EXCEPT ALL " + shown + ") d (v)) ORDER BY 1 LIMIT 20"))
            rows.push_back(row.text(0));
        return rows;
    }

    long count(const std::string& condition) {
        return transaction_
            .query("SELECT count(*) FROM (" + body().finish("state") + ") v WHERE " + condition)
            .at(0)
            .integer(0);
    }

  private:
    const sql::ViewStatement& body() const {
        return std::get<sql::ViewStatement>(stored_.statement.body);
    }

    postgres::Transaction& transaction_;
    catalogue::StoredStatement stored_;
};

void check_all_orders(View& view) {
    const std::vector<std::string> same;
    view.fill("1", {1});
    CHECK(view.differences() == same);
    view.fill("n", {1, 2, 3, 4, 5, 6});
    CHECK(view.differences() == same);
    std::vector<int> batches(13);
    std::iota(batches.begin(), batches.end(), 0);
    std::shuffle(batches.begin(), batches.end(), std::mt19937(7));
    view.fill("(g * 7 + n * 5) % 13", batches);
    CHECK(view.differences() == same);
}

struct Rows {
    TemporaryDatabase database;
    postgres::Connection connection{database.url()};
    postgres::Transaction transaction{connection};
    Rows() {
        catalogue::migrate(transaction);
        transaction.run(make_rows);
    }
};

}  // namespace

TEST_CASE("variance and standard deviation of numeric have PostgreSQL's digits") {
    Rows rows;
    View view(rows.transaction,
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
    Rows rows;
    View view(rows.transaction,
              "variance(i) AS vi, stddev(i) AS di, var_pop(s) AS vs, stddev_pop(s) AS ds, "
              "var_samp(b) AS vb, stddev_samp(b) AS db, stddev(i + s) AS dis, avg(b) AS ab FROM "
              "events GROUP BY g");
    check_all_orders(view);
    CHECK(view.count("vb > 1e36") > 1000);
}

TEST_CASE("variance takes FILTER, and HAVING takes variance") {
    Rows rows;
    View view(rows.transaction,
              "variance(x) FILTER (WHERE keep), stddev_pop(b) FILTER (WHERE NOT keep) AS d, "
              "round(stddev(x), 2) AS rounded FROM events GROUP BY g "
              "HAVING stddev(x) > 10 OR variance(i) FILTER (WHERE keep) IS NULL");
    check_all_orders(view);
    CHECK(view.count("true") > 500);
    CHECK(view.count("rounded <= 10") > 10);
    CHECK(view.count("variance IS NULL AND d IS NOT NULL") > 10);
}

TEST_CASE("apply refuses a variance of floats, whose digits would depend on the order") {
    TidewheelCli cli;
    REQUIRE(cli.run({"init"}).status == 0);
    const std::string stream =
        "CREATE DOMAIN weight AS real;\nCREATE FOREIGN TABLE parcels (id integer, kg weight, m "
        "double precision) SERVER kafka OPTIONS (topic '{topic}', partitions '1');\n";
    const auto refused = [&](const std::string& column) {
        const auto applied =
            cli.run({"apply", cli.file(stream + "CREATE MATERIALIZED VIEW spread AS SELECT " +
                                       column + " FROM parcels;\n")});
        CHECK(applied.status == 3);
        return applied.errors;
    };
    CHECK_THAT(refused("count(*), stddev(kg)"),
               ContainsSubstring(":3:53: error: stddev() of real is not supported") &&
                   ContainsSubstring("hint: Cast the value: stddev(x::numeric)"));
    CHECK_THAT(refused("var_pop(m * id)"),
               ContainsSubstring("var_pop() of double precision is not supported"));
    CHECK(cli.run({"apply", cli.file(stream + "CREATE MATERIALIZED VIEW spread AS SELECT "
                                              "stddev(kg::numeric), variance(id) FROM "
                                              "parcels;\n")})
              .status == 0);
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
