#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

using Texts = std::vector<std::string>;

Texts values_of(const ViewStatement& view) {
    Texts texts;
    for (const Key& value : view.rows.value().values)
        texts.push_back(value.column + " " + value.expression);
    return texts;
}

}  // namespace

TEST_CASE("a view without aggregate keeps the values that each record leads to") {
    const auto view =
        view_of("SELECT e.id, price * qty AS total, kind FROM events e WHERE qty > 1");
    CHECK(values_of(view) == Texts{"v1 e.id", "v2 price * qty", "v3 kind"});
    CHECK(view.keys.empty());
    CHECK(view.partials.empty());
    CHECK(view.rows->source == "SELECT FROM pg_temp.events e WHERE qty > 1");
    CHECK_THAT(view.rows->by_record,
               ContainsSubstring("SELECT tidewheel_r.tidewheel_seq, tidewheel_q.* FROM "
                                 "pg_temp.tidewheel_records AS tidewheel_r CROSS JOIN LATERAL"));
    CHECK(view.finish("{state}") == "SELECT v1 AS id, v2 AS total, v3 AS kind FROM {state}");
    CHECK(view.in_order.empty());
    const auto named = last_as<ViewStatement>(
        "CREATE MATERIALIZED VIEW v (\"A\", b) AS SELECT id, qty, ts FROM "
        "events");
    CHECK(named.finish("{state}") == "SELECT v1 AS \"A\", v2 AS b, v3 AS ts FROM {state}");
}

TEST_CASE("a view of rows may do with a record what a continuous INSERT may") {
    for (const std::string select :
         {"SELECT id, i FROM events, LATERAL jsonb_array_elements(items) AS i",
          "SELECT jsonb_array_elements(items) AS item FROM events",
          "SELECT id, (SELECT max(x) FROM jsonb_array_elements(items) x) FROM events",
          "SELECT id, (SELECT name FROM u WHERE u.id = store_id) AS name FROM events",
          "SELECT e.id, u.name FROM events e LEFT JOIN u ON u.id = e.store_id",
          "WITH x AS (SELECT id, kind FROM events WHERE qty > 1) SELECT id FROM x",
          "SELECT id FROM (SELECT * FROM events) x", "SELECT * FROM events",
          "SELECT e.*, to_jsonb(e) FROM events e"}) {
        INFO(select);
        CHECK(view_of(select).rows.has_value());
    }
    CHECK_FALSE(view_of("SELECT DISTINCT kind FROM events").rows.has_value());
    CHECK_FALSE(view_of("SELECT kind FROM events GROUP BY kind").rows.has_value());
    CHECK_FALSE(view_of("SELECT count(*) FROM events").rows.has_value());
}

TEST_CASE("now() in a view of rows is the record's time, also when it is verified") {
    const auto view = view_of("SELECT id, now() AS at FROM events");
    CHECK_THAT(view.rows.value().by_record, ContainsSubstring("tidewheel.record_time("));
    CHECK_THAT(view.in_order, ContainsSubstring("SELECT v1, v2 FROM (SELECT") &&
                                  ContainsSubstring("tidewheel.record_time("));
}

TEST_CASE("a view of rows reads the partitions of a pinned route") {
    CHECK(last("CREATE MATERIALIZED VIEW v AS SELECT id FROM events WHERE kind = 'sale'")
              .route_values == Texts{"sale"});
}

TEST_CASE("what would depend on how records are batched is refused in a view of rows") {
    const std::vector<Refusal> refusals = {
        {"SELECT id FROM events LIMIT 3", "LIMIT is not supported in a continuous view"},
        {"SELECT id FROM events OFFSET 3", "OFFSET is not supported in a continuous view"},
        {"SELECT id FROM events ORDER BY id", "Order where you query the view"},
        {"SELECT id, row_number() OVER () FROM events",
         "the window function row_number() is not supported in a continuous view"},
        {"SELECT id FROM (SELECT DISTINCT id FROM events) x", "DISTINCT is not supported in a"},
        {"SELECT n FROM (SELECT count(*) AS n FROM events) x",
         "the aggregate count() is not supported in a continuous view"},
        {"SELECT (SELECT max(qty)) FROM events", "the aggregate max() is over columns of stream"},
        {"SELECT id FROM events UNION ALL SELECT id FROM events", "UNION over a stream"},
        {"SELECT id, random() FROM events", "random() is volatile"},
        {"SELECT n FROM events, now() AS n", "now() is not supported in FROM"},
        {"SELECT e FROM events e", "the whole row of stream events is not supported as a column"},
        {"SELECT events FROM events", "Name the columns, or write .* after it"},
        {"SELECT FROM events", "the view v has no column"},
        {"SELECT id FROM u LEFT JOIN events USING (id)", "nullable side"},
        {"SELECT id FROM events, v", "v is read by the statement that fills it"},
    };
    for (const auto& [select, said] : refusals) {
        INFO(select);
        CHECK_THAT(error_of("CREATE MATERIALIZED VIEW v AS " + select), ContainsSubstring(said));
    }
}
