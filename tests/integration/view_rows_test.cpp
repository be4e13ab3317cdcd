// Views of rows: what a SELECT without aggregate yields of each record, once.
#include <csignal>

#include "applied.hpp"
#include "batched_views.hpp"
#include "differential/random.hpp"
#include "native_batches.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE sales (id integer, store text, price numeric, tags text[]) SERVER kafka "
    "OPTIONS (topic '{topic}', partitions '2');\n";
const std::string dear =
    "CREATE MATERIALIZED VIEW dear AS SELECT id, store, price * 2 AS twice FROM sales WHERE price "
    "> 5;\n";
const std::string by_twice =
    "CREATE INDEX by_twice ON dear (twice DESC, upper(store)) INCLUDE (id) WHERE id > 0;\n";

std::string sale(int id, const std::string& store, int price) {
    return R"({"id": )" + std::to_string(id) + R"(, "store": )" + store + R"(, "price": )" +
           std::to_string(price) + R"(, "tags": ["x", null, "x"]})";
}

constexpr const char* shown =
    "SELECT coalesce(string_agg(concat_ws(' ', id, store, twice), ', ' ORDER BY id), '') FROM dear";

std::string state_of(const Deployment& deployment, const std::string& view) {
    return deployment.value("SELECT state_table FROM tidewheel.statements WHERE name = '" + view +
                            "'");
}

std::string states(const Deployment& deployment) {
    return deployment.value(
        "SELECT count(*) FROM pg_class WHERE relname LIKE 'state\\_%' AND relkind = 'r'");
}

void require_index(const Deployment& deployment) {
    CHECK(deployment.value("SELECT count(*) FROM pg_index i WHERE obj_description(i.indexrelid) "
                           "LIKE '%INDEX by_twice%' AND indrelid = " +
                           postgres::quote_literal(state_of(deployment, "dear")) +
                           "::regclass AND pg_get_indexdef(i.indexrelid) LIKE '%v3 DESC, "
                           "upper(v2)) INCLUDE (v1) WHERE (v1 > 0)'") == "1");
}

}  // namespace

TEST_CASE("the rows of a view are kept once, however often the aggregator is killed") {
    Deployment deployment;
    require_applied(
        deployment,
        stream + dear +
            "CREATE MATERIALIZED VIEW tags AS SELECT s.id, t.tag, t.n FROM sales s, LATERAL "
            "unnest(s.tags) WITH ORDINALITY t (tag, n);\n");
    for (int partition : {0, 1}) {
        std::vector<std::string> records;
        for (int id = 0; id < 2000; ++id)
            records.push_back(sale(id * 2 + partition, R"("a")", id % 12));
        deployment.send(partition, records);
    }
    const auto stored = [&] {
        return std::stoi(deployment.value("SELECT count(*) FROM tidewheel.state_tags"));
    };
    for (int kill = 1; kill <= 5; ++kill) {
        auto aggregator = deployment.start("tidewheel-aggregator", {"TIDEWHEEL_BATCH_ROWS=50"});
        const int before = stored();
        eventually("some are stored", [&] { return stored() > before || before == 12000; });
        aggregator->signal(SIGKILL);
        aggregator->wait();
    }
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) || ' ' || count(DISTINCT id) FROM dear") ==
          "1996 1996");
    CHECK(stored() == 12000);
    CHECK(deployment.value("SELECT count(DISTINCT (tidewheel_partition, tidewheel_offset, "
                           "tidewheel_row)) FROM tidewheel.state_tags") == "12000");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.state_tags WHERE v1 <> 2 * "
                           "tidewheel_offset + tidewheel_partition") == "0");
    check_verified(deployment);
}

TEST_CASE("a view of rows is paused, verified, rebuilt, changed and dropped as any other") {
    Deployment deployment;
    require_applied(deployment, stream + dear + by_twice);
    deployment.send(0, {sale(1, R"("a")", 7), sale(2, "null", 6), sale(3, R"("b")", 5)});
    deployment.send(1, {sale(1, R"("a")", 7)});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string own = "1 a 14, 1 a 14, 2 12";
    CHECK(deployment.value(shown) == own);
    check_verified(deployment);
    require_index(deployment);

    for (const std::string damage :
         {"UPDATE {state} SET v3 = 9 WHERE v1 = 2", "DELETE FROM {state} WHERE v1 = 1",
          "INSERT INTO {state} SELECT * FROM {state} LIMIT 1"}) {
        std::string sql = damage;
        for (std::size_t at = 0; (at = sql.find("{state}")) != std::string::npos;)
            sql.replace(at, 7, state_of(deployment, "dear"));
        deployment.query(sql);
        CHECK(deployment.tidewheel({"verify", "dear"}).status == 1);
        deployment.must({"rebuild", "dear"});
        CHECK(deployment.value(shown) == own);
        check_verified(deployment);
        require_index(deployment);
    }
    CHECK(states(deployment) == "1");

    deployment.must({"pause", "dear"});
    deployment.send(1, {sale(4, R"("c")", 10)});
    CHECK(deployment.value(shown) == own);
    deployment.must({"resume", "dear"});
    deployment.arrive();
    CHECK(deployment.value(shown) == own + ", 4 c 20");

    const std::string cheaper =
        "CREATE MATERIALIZED VIEW dear AS SELECT id, store, price * 2 AS twice FROM sales WHERE "
        "price > 2;\n";
    const Finished from_now = deployment.apply(stream + cheaper + by_twice);
    CHECK_THAT(from_now.output + from_now.errors, ContainsSubstring("applies to new records only"));
    deployment.send(0, {sale(5, R"("d")", 3)});
    deployment.arrive();
    CHECK(deployment.value(shown) == own + ", 4 c 20, 5 d 6");
    CHECK(deployment.tidewheel({"verify"}).status == 1);

    const std::string other =
        "CREATE MATERIALIZED VIEW dear AS SELECT id, store, price * 3 AS twice, store IS NULL AS "
        "unknown FROM sales WHERE price > 2;\n";
    CHECK_THAT(deployment.apply(stream + other + by_twice).errors,
               ContainsSubstring("dear changes the SELECT list of what was applied") &&
                   ContainsSubstring("apply --rebuild"));
    require_applied(deployment.apply(stream + other + by_twice, {"--rebuild"}));
    CHECK(deployment.value(shown) == "1 a 21, 1 a 21, 2 18, 3 b 15, 4 c 30, 5 d 9");
    check_verified(deployment);
    require_index(deployment);

    const Finished grouped = deployment.apply(
        stream + "CREATE MATERIALIZED VIEW dear AS SELECT id, count(*) FROM sales GROUP BY id;\n");
    CHECK(grouped.status == 3);
    deployment.must({"drop", "dear", "--yes"});
    CHECK(states(deployment) == "0");
}

TEST_CASE("a record that a view of rows refuses is a dead letter of it alone, and is redriven") {
    Deployment deployment;
    const auto let_pass = [&](int most) {
        deployment.query(
            "CREATE OR REPLACE FUNCTION checked(integer) RETURNS integer IMMUTABLE LANGUAGE "
            "plpgsql AS $$BEGIN IF $1 > " +
            std::to_string(most) + " THEN RAISE EXCEPTION 'too large'; END IF; RETURN $1; END$$");
    };
    let_pass(100);
    require_applied(deployment, stream + dear +
                                    "CREATE MATERIALIZED VIEW checked AS SELECT checked(id) AS id, "
                                    "unnest(tags) AS tag FROM sales;\n");
    deployment.send(0, {sale(1, R"("a")", 7), sale(700, R"("a")", 8), sale(2, R"("a")", 9)});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::string ids = "SELECT string_agg(id::text, ' ' ORDER BY id) FROM checked";
    CHECK(deployment.value(ids) == "1 1 1 2 2 2");
    CHECK(deployment.value("SELECT count(*) FROM dear") == "3");
    CHECK(deployment.value("SELECT string_agg(\"offset\" || ' ' || (detail LIKE '%too large%'), "
                           "', ') FROM tidewheel.dead_letters") == "1 true");
    check_verified(deployment);
    let_pass(1000);
    deployment.must({"dlq", "redrive", "--yes"});
    CHECK(deployment.value(ids) == "1 1 1 2 2 2 700 700 700");
    CHECK(deployment.value("SELECT string_agg(concat_ws(' ', tidewheel_offset, tidewheel_row), ', "
                           "' ORDER BY tidewheel_row) FROM " +
                           state_of(deployment, "checked") + " WHERE v1 = 700") == "1 1, 1 2, 1 3");
    CHECK(deployment.value("SELECT count(*) FROM dear") == "3");
    check_verified(deployment);
}

TEST_CASE("a view of all columns has those that its stream had, until it is rebuilt") {
    Deployment deployment;
    const std::string view = "CREATE MATERIALIZED VIEW every AS SELECT * FROM sales;\n";
    require_applied(deployment, stream + view);
    deployment.send(0, {sale(1, R"("a")", 7)});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    std::string wider = stream;
    wider.replace(wider.find("tags text[]"), 11, "tags text[], city text");
    CHECK_THAT(deployment.apply(wider + view).errors,
               ContainsSubstring("and with it the columns of every"));
    require_applied(deployment.apply(wider + view, {"--rebuild"}));
    deployment.send(1, {R"({"id": 2, "city": "Ulm"})"});
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(concat_ws(' ', id, store, city), ', ' ORDER BY id) "
                           "FROM every") == "1 a, 2 Ulm");
    check_verified(deployment);
}

TEST_CASE("a topic that was created again adds its rows to those of a view of rows") {
    Deployment deployment;
    require_applied(deployment, stream + dear);
    deployment.send(0, {sale(1, R"("a")", 7), sale(2, R"("a")", 8)});
    {
        auto aggregator = deployment.start("tidewheel-aggregator");
        deployment.arrive();
        aggregator->signal(SIGTERM);
        CHECK(aggregator->wait() == 0);
    }
    kafka::Admin admin(deployment.kafka());
    admin.delete_topic(deployment.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(deployment.topic()); });
    eventually("the topic is there again", [&] {
        return kafka::Admin(deployment.kafka()).create_topic(deployment.topic(), 2, -1, {});
    });
    deployment.send(0, {sale(3, R"("b")", 9)}, new_year_2026 + 1);
    deployment.must({"reset", "--topic-recreated", deployment.topic(), "--yes"});
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    CHECK(deployment.value(shown) == "1 a 14, 2 a 16, 3 b 18");
}

TEST_CASE("verify judges a view of rows by a part of the records") {
    Deployment deployment;
    require_applied(deployment, stream + dear);
    deployment.send(0, {sale(1, R"("a")", 7), sale(2, R"("a")", 8)});
    deployment.send(0, {sale(3, R"("b")", 9), sale(4, R"("b")", 9)}, new_year_2026 + 3'600'000);
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    const std::vector<std::string> since{"verify", "--since", "2026-01-01 00:30+00"};
    CHECK(deployment.tidewheel(since).status == 0);
    deployment.query("DELETE FROM tidewheel.state_dear WHERE v1 = 1");
    CHECK(deployment.tidewheel(since).status == 0);
    deployment.query("DELETE FROM tidewheel.state_dear WHERE v1 = 3");
    const Finished lost = deployment.tidewheel(since);
    INFO(lost.output);
    CHECK(lost.status == 1);
    CHECK_THAT(lost.output, ContainsSubstring("\"id\": 3"));
}

namespace {

constexpr const char* make_rows = R"(
SELECT setseed(0.75);
CREATE TABLE rows AS
SELECT g, n, CASE WHEN random() < 0.9 THEN trunc(random() * 4)::integer END AS i,
       CASE WHEN random() < 0.9 THEN round((random() * 3)::numeric, 1) END AS x,
       CASE WHEN random() < 0.9 THEN chr(97 + trunc(random() * 3)::integer) END AS t,
       CASE WHEN random() < 0.9 THEN ARRAY(SELECT trunc(random() * 9)::integer FROM generate_series(1, g % 4)) END AS a
FROM generate_series(1, 150) g, LATERAL generate_series(1, 1 + g % 6) n
)";

// SELECTs by seed.
std::string select_by(unsigned seed) {
    static const std::vector<std::string> values{"i",
                                                 "x",
                                                 "t",
                                                 "a",
                                                 "i + x",
                                                 "upper(t)",
                                                 "coalesce(t, '-')",
                                                 "unnest(a)",
                                                 "i IN (1, 2)",
                                                 "(SELECT max(b) FROM unnest(a) b)",
                                                 "'c'",
                                                 "NULL::date"};
    static const std::vector<std::string> from{
        "events",
        "events e",
        "events, LATERAL unnest(a) AS b (element)",
        "events LEFT JOIN LATERAL unnest(a) WITH ORDINALITY b (element, place) ON element > 2",
        "events LEFT JOIN (VALUES (1), (1), (2)) j (i) USING (i)",
        "(SELECT * FROM events WHERE n > 1) e"};
    static const std::vector<std::string> where{
        "", " WHERE i > 1", " WHERE t IS NULL OR x < 2",
        " WHERE EXISTS (SELECT FROM unnest(a) b WHERE b > 4)"};
    Random random(seed);
    std::string select;
    for (int number = 1; number <= 3; ++number)
        select += random.of(values) + " AS c" + std::to_string(number) + ", ";
    return select + "n FROM " + random.of(from) + random.of(where);
}

}  // namespace

TEST_CASE("views of rows by seed show what their SELECTs give, however records are batched") {
    Rows rows(make_rows);
    for (unsigned seed = 1; seed <= 60; ++seed) {
        BatchedView view(rows.transaction,
                         "g integer, n integer, i integer, x numeric, t text, a integer[]",
                         select_by(seed));
        INFO("seed " << seed << ": " << view.select());
        for_all_orders(view, seed, [&] { CHECK(view.different_rows() == 0); });
        view.drop();
    }
}

TEST_CASE("services store the rows of a view as PostgreSQL does, few and many") {
    Deployment deployment;
    require_applied(deployment, stream + dear);
    NativeBatches batches(deployment, executor::StatementKind::view);
    CHECK(batches.rows("dear").reason.empty());
    const std::string query = "SELECT string_agg(s::text, ' ' ORDER BY s::text) FROM " +
                              state_of(deployment, "dear") + " s";
    for (const int size : {1, 10, 1000}) {
        std::vector<std::string> records;
        for (int id = 0; id < size; ++id)
            records.push_back(id % 7 == 3 ? "not json" : sale(id, R"("a")", id % 11));
        const auto native = batches.outcome(records, executor::Pace::native, query, "ROLLBACK");
        CHECK(native == batches.outcome(records, executor::Pace::full, query, "ROLLBACK"));
        CHECK(native == batches.outcome(records, executor::Pace::careful, query, "ROLLBACK"));
        CHECK((size == 1 || native.rows_written > 0));
    }
}
