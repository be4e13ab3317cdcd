// Aggregates whose values a view keeps: what PostgreSQL's own give over the same rows, however the
// rows came in batches.
#include <csignal>

#include "applied.hpp"
#include "batched_views.hpp"
#include "differential/random.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

// Groups of up to six rows, some of whose values are NULL, and repeat.
constexpr const char* make_rows = R"(
SELECT setseed(0.25);
CREATE TABLE rows AS
SELECT g, n, random() < 0.7 AS keep,
       CASE WHEN random() < 0.9 THEN trunc(random() * 4)::integer END AS i,
       CASE WHEN random() < 0.9 THEN round((random() * 3)::numeric, 1) END AS x,
       CASE WHEN random() < 0.9 THEN chr(97 + trunc(random() * 3)::integer) END AS t,
       CASE WHEN random() < 0.9 THEN random() * 2 END AS f,
       CASE WHEN random() < 0.9 THEN date '2026-01-01' + trunc(random() * 3)::integer END AS d,
       CASE WHEN random() < 0.9 THEN jsonb_build_object('i', trunc(random() * 3)) END AS j
FROM generate_series(1, 150) g, LATERAL generate_series(1, 1 + g % 6) n
)";

constexpr const char* columns =
    "g integer, n integer, keep boolean, i integer, x numeric, t text, f double precision, d date, "
    "j jsonb";

// Aggregates by seed.
class Aggregates {
  public:
    explicit Aggregates(unsigned seed) : random_(seed) {}

    std::string next(int number) {
        std::string call;
        switch (random_.below(4)) {
            case 0:
                call = collection();
                break;
            case 1:
                call = distinct();
                break;
            case 2:
                call = ordered();
                break;
            default:
                call = merged();
        }
        if (random_.below(3) == 0) call += " FILTER (WHERE " + random_.of(conditions) + ")";
        return call + " AS c" + std::to_string(number);
    }
    std::string having() {
        switch (random_.below(4)) {
            case 0:
                return " HAVING count(DISTINCT i) > 1";
            case 1:
                return " HAVING max(i) > 1 AND array_agg(t) <> '{a}'";
            default:
                return "";
        }
    }

  private:
    std::string collection() {
        static const std::vector<std::string> calls{"array_agg({})",
                                                    "json_agg({})",
                                                    "jsonb_agg({})",
                                                    "array_agg(({})::text || t)",
                                                    "json_object_agg(n, {})",
                                                    "jsonb_object_agg(n, {})",
                                                    "string_agg(({})::text, ',')",
                                                    "string_agg(t, ({})::text)"};
        std::string call = with(random_.of(calls), random_.of(values));
        if (random_.below(2))
            call.insert(call.size() - 1, " ORDER BY " + random_.of(values) +
                                             (random_.below(2) ? " DESC" : " NULLS FIRST") + ", " +
                                             random_.of(values));
        return call;
    }
    std::string distinct() {
        static const std::vector<std::string> calls{
            "count(DISTINCT {})",      "array_agg(DISTINCT {})",
            "jsonb_agg(DISTINCT {})",  "string_agg(DISTINCT ({})::text, '-')",
            "min(DISTINCT {})",        "count(DISTINCT ({}, t))",
            "sum(DISTINCT i + 0 * n)", "avg(DISTINCT x)",
            "variance(DISTINCT i)",    "array_agg(DISTINCT {} ORDER BY {} DESC)"};
        return with(random_.of(calls), random_.of(values));
    }
    std::string ordered() {
        static const std::vector<std::string> calls{
            "mode() WITHIN GROUP (ORDER BY {})",
            "percentile_disc(0.3) WITHIN GROUP (ORDER BY {})",
            "percentile_disc(ARRAY[0, 0.5, NULL, 1]) WITHIN GROUP (ORDER BY {} DESC)",
            "percentile_cont(0.4) WITHIN GROUP (ORDER BY f)",
            "percentile_cont(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY i DESC)",
            "rank(1) WITHIN GROUP (ORDER BY i)",
            "dense_rank(1.5) WITHIN GROUP (ORDER BY x DESC)",
            "percent_rank('b') WITHIN GROUP (ORDER BY t)",
            "cume_dist(2, 'a') WITHIN GROUP (ORDER BY i NULLS FIRST, t)"};
        return with(random_.of(calls), random_.of(values));
    }
    std::string merged() {
        static const std::vector<std::string> calls{"sum(i)",   "count({})",    "avg(x)",
                                                    "min({})",  "max({})",      "stddev(x)",
                                                    "count(*)", "bool_or(keep)"};
        return with(random_.of(calls), random_.of(values));
    }
    static std::string with(std::string call, const std::string& value) {
        for (std::size_t at = 0; (at = call.find("{}")) != std::string::npos;)
            call.replace(at, 2, value);
        return call;
    }

    static inline const std::vector<std::string> values{"i",     "x",     "t",        "d",
                                                        "i % 2", "x * i", "upper(t)", "d - i"};
    static inline const std::vector<std::string> conditions{"keep", "i > 1", "t = 'a'", "x IS NULL",
                                                            "false"};
    Random random_;
};

}  // namespace

TEST_CASE("views by seed that keep values show what PostgreSQL's aggregates give") {
    Rows rows(make_rows);
    for (unsigned seed = 1; seed <= 60; ++seed) {
        Aggregates aggregates(seed);
        std::string select;
        for (int number = 1; number <= 4; ++number)
            select += aggregates.next(number) + ", ";
        BatchedView view(rows.transaction, columns,
                         select + "1 AS one FROM events" +
                             std::string(seed % 2 ? " WHERE i IS DISTINCT FROM 3" : "") +
                             " GROUP BY g" + aggregates.having());
        INFO("seed " << seed << ": " << view.select());
        for_all_orders(view, seed,
                       [&] { CHECK(view.differences() == std::vector<std::string>()); });
        view.drop();
    }
}

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE sales (id integer, store text, price numeric) SERVER kafka OPTIONS "
    "(topic "
    "'{topic}', partitions '2');\n";

std::string sale(int id, const std::string& store, int price) {
    return R"({"id": )" + std::to_string(id) + R"(, "store": )" + store + R"(, "price": )" +
           std::to_string(price) + "}";
}

// So many tables of states.
std::string states(const Deployment& deployment) {
    return deployment.value(
        "SELECT count(*) FROM pg_class WHERE relname LIKE 'state\\_%' AND relkind = 'r'");
}

}  // namespace

TEST_CASE("what a view keeps is rebuilt, changed, dropped, and verify recomputes it") {
    Deployment deployment;
    deployment.query(
        "CREATE FUNCTION longer(text, text) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT CASE "
        "WHEN length($1) >= length($2) THEN $1 ELSE $2 END$$");
    deployment.query(
        "CREATE AGGREGATE longest(text) (SFUNC = longer, STYPE = text, INITCOND = '')");
    const std::string view =
        "CREATE MATERIALIZED VIEW ids AS SELECT store, array_agg(id) AS ids, count(DISTINCT price) "
        "AS n, longest('n' || id) FILTER (WHERE true) AS longest FROM sales GROUP BY store";
    require_applied(deployment, stream + view + ";\n");
    deployment.send(0, {sale(1, R"("a")", 5), sale(2, "null", 7), sale(1000, R"("a")", 5)});
    deployment.send(1, {sale(11, R"("a")", 6), sale(12, "null", 7)});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string shown =
        "SELECT string_agg(concat_ws(' ', store, ids, n, longest), '; ' ORDER BY store) FROM ids";
    const std::string own = "a {1,1000,11} 2 n1000; {2,12} 1 n12";
    CHECK(deployment.value(shown) == own);
    check_verified(deployment);

    for (const std::string damage :
         {"UPDATE {state} SET kept_offset = 9 WHERE v1 = 1", "DELETE FROM {state} WHERE v2 = 6"}) {
        std::string sql = damage;  // a rebuild makes another table
        sql.replace(sql.find("{state}"), 7,
                    deployment.value("SELECT state_table FROM tidewheel.statements"));
        deployment.query(sql);
        CHECK(deployment.value(shown) != own);
        CHECK(deployment.tidewheel({"verify", "ids"}).status == 1);
        deployment.must({"rebuild", "ids"});
        CHECK(deployment.value(shown) == own);
        check_verified(deployment);
    }
    CHECK(states(deployment) == "1");

    require_applied(deployment.tidewheel(
        {"apply", "--rebuild",
         deployment.file(stream +
                         "CREATE MATERIALIZED VIEW ids AS SELECT store, array_agg(id) AS ids, "
                         "count(DISTINCT price) FILTER (WHERE id > 1) AS n, longest('n' || id) "
                         "FILTER (WHERE true) AS longest, mode() WITHIN GROUP (ORDER BY price) "
                         "FROM sales GROUP BY store;\n")}));
    deployment.send(0, {sale(3, "null", 8)});
    deployment.arrive();
    CHECK(deployment.value(shown) == "a {1,1000,11} 2 n1000; {2,3,12} 2 n12");
    check_verified(deployment);
    CHECK(states(deployment) == "1");
    deployment.must({"drop", "ids", "--yes"});
    CHECK(states(deployment) == "0");
}

TEST_CASE("a record too many in a group is a dead letter of its view, and of no other") {
    Deployment deployment;
    const auto pipeline = [](int most) {
        return stream +
               "CREATE MATERIALIZED VIEW ids WITH (values_per_group = " + std::to_string(most) +
               ") AS SELECT store, array_agg(id) AS ids, count(DISTINCT price) AS n FROM sales "
               "GROUP BY store;\nCREATE MATERIALIZED VIEW counts AS SELECT store, count(*) AS n "
               "FROM sales GROUP BY store;\nCREATE MATERIALIZED VIEW prices WITH "
               "(values_per_group = 2) AS SELECT count(DISTINCT price) FROM sales;\n";
    };
    require_applied(deployment, pipeline(3));
    std::vector<std::string> records;
    for (int id = 1; id <= 10; ++id)
        records.push_back(sale(id, id % 2 ? R"("a")" : R"("b")", id % 4 == 3));
    deployment.send(0, records);
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string shown = "SELECT string_agg(ids::text, ' ' ORDER BY store) FROM ids";
    CHECK(deployment.value(shown) == "{1,3,5} {2,4,6}");
    CHECK(deployment.value("SELECT string_agg(n::text, ' ') FROM counts") == "5 5");
    CHECK(deployment.value("SELECT count FROM prices") == "2");
    CHECK(deployment.value("SELECT count(*) || ' ' || min(reason) || ' ' || min(detail) FROM "
                           "tidewheel.dead_letters") ==
          "4 group_full a group would keep more than 3 values for array_agg(): values_per_group");
    check_verified(deployment);
    deployment.tidewheel({"dlq", "redrive", "--yes"});
    CHECK(deployment.value(shown) == "{1,3,5} {2,4,6}");

    require_applied(deployment, pipeline(5));
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(deployment.value(shown) == "{1,3,5,7,9} {2,4,6,8,10}");
    check_verified(deployment);
}

TEST_CASE("values are kept once, however often the aggregator is killed") {
    Deployment deployment;
    require_applied(deployment,
                    stream +
                        "CREATE MATERIALIZED VIEW ids AS SELECT store, array_agg(id) AS ids, "
                        "percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FROM sales GROUP BY "
                        "store;\n");
    for (int partition : {0, 1}) {
        std::vector<std::string> records;
        for (int id = 0; id < 2000; ++id)
            records.push_back(
                sale(id * 2 + partition, "\"" + std::to_string(id % 3) + "\"", id % 50));
        deployment.send(partition, records);
    }
    const auto stored = [&] {
        return std::stoi(deployment.value("SELECT count(*) FROM tidewheel.state_ids"));
    };
    for (int kill = 1; kill <= 5; ++kill) {
        auto aggregator = deployment.start("tidewheel-aggregator", {"TIDEWHEEL_BATCH_ROWS=50"});
        const int before = stored();
        eventually("some are stored", [&] { return stored() > before || before > 4000; });
        aggregator->signal(SIGKILL);
        aggregator->wait();
    }
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(cardinality(ids)::text, ' ' ORDER BY store) FROM "
                           "ids") == "1334 1334 1332");
    check_verified(deployment);
}
