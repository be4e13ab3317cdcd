// Checks and views in the service itself.
#include "native_batches.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE sales (store text NOT NULL, n integer CHECK (n < 1000), price "
    "numeric(10,2), tags jsonb) SERVER kafka OPTIONS (topic '{topic}', partitions '1');\n";

}  // namespace

TEST_CASE("a batch of native views reaches PostgreSQL as groups") {
    Deployment deployment;
    require_applied(deployment.apply(
        stream +
        "CREATE MATERIALIZED VIEW by_store AS SELECT store, n % 2 AS odd, count(*) AS c, "
        "sum(price * n) AS total, avg(n) AS mean FROM sales GROUP BY store, n % 2;\n"
        "CREATE MATERIALIZED VIEW everything AS SELECT count(*) AS c, max(store) AS last FROM "
        "sales WHERE n > 0;\n"
        "CREATE MATERIALIZED VIEW stores AS SELECT store FROM sales GROUP BY store;\n"));
    NativeBatches views(deployment, executor::StatementKind::view);
    REQUIRE(views.plan().native_rules.checks);
    for (const char* name : {"by_store", "stores"}) {
        INFO(name << ": " << views.view(name).reason);
        CHECK(views.view(name).query);
    }
    views.run({R"({"store": "a", "n": 1, "price": 1.5})", R"({"store": "b", "n": 2, "price": 3})",
               R"({"store": "a", "n": 3, "price": 2})", R"({"store": "b", "n": 2000})",
               R"({"store": "a"})"});
    CHECK(views.executor().refused() == std::vector<std::size_t>{3});
    views.run({R"({"store": "a", "n": 5, "price": 0.25})"});
    CHECK(deployment.value("SELECT string_agg(v::text, ' ' ORDER BY store, odd) FROM by_store v") ==
          "(a,1,3,8.75,3.0000000000000000) (a,,1,,) (b,0,1,6.00,2.0000000000000000)");
    CHECK(deployment.value("SELECT string_agg(store, ',' ORDER BY store) FROM stores") == "a,b");
    CHECK(deployment.value("SELECT c || ' ' || last FROM everything") == "4 b");
}

TEST_CASE("a FROM list that multiplies records is left to PostgreSQL") {
    Deployment deployment;
    require_applied(deployment.apply(
        stream +
        "CREATE MATERIALIZED VIEW tripled AS SELECT count(*) AS c FROM sales CROSS JOIN "
        "generate_series(1, 3);\n"
        "CREATE MATERIALIZED VIEW picked AS SELECT count(*) AS c FROM sales JOIN (VALUES (1)) v "
        "(x) "
        "ON sales.n = v.x;\n"
        "CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS c FROM sales;\n"));
    NativeBatches views(deployment, executor::StatementKind::view);
    CHECK_FALSE(views.view("tripled").query);
    CHECK_FALSE(views.view("picked").query);
    CHECK(views.view("counted").query);
    views.run({R"({"store": "a", "n": 1})", R"({"store": "b", "n": 2})"});
    CHECK(deployment.value("SELECT c FROM tripled") == "6");
    CHECK(deployment.value("SELECT c FROM picked") == "1");
    CHECK(deployment.value("SELECT c FROM counted") == "2");
}

TEST_CASE("what PostgreSQL would refuse is declined before anything is stored") {
    Deployment deployment;
    require_applied(deployment.apply(
        stream +
        "CREATE MATERIALIZED VIEW inverse AS SELECT store, sum(100 / n) AS s FROM sales GROUP BY "
        "store;\n"));
    NativeBatches views(deployment, executor::StatementKind::view);
    REQUIRE(views.view("inverse").query);
    CHECK_THROWS_AS(views.run({R"({"store": "a", "n": 0})"}), executor::Declined);
    CHECK(deployment.value("SELECT count(*) FROM inverse") == "0");
}
