#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<std::string> keys_of(const ViewStatement& view) {
    std::vector<std::string> texts;
    for (const auto& key : view.keys)
        texts.push_back(key.expression);
    return texts;
}

std::vector<std::string> partials_of(const ViewStatement& view) {
    std::vector<std::string> texts;
    for (const auto& partial : view.partials)
        texts.push_back(partial.expression);
    return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A view is taken apart into keys, partial aggregates and a finishing SELECT") {
    const auto view = view_of(
        "SELECT date_trunc('hour', ts) AS hour, store_id, count(*) AS sales, sum(price * qty) AS "
        "total FROM events WHERE kind = 'sale' GROUP BY 1, 2");
    CHECK(keys_of(view) == Texts{"date_trunc('hour', ts)", "store_id"});
    CHECK(partials_of(view) == Texts{"count(*)", "sum(price * qty)"});
    CHECK(view.partials[0].merge == Merge::add);
    CHECK(view.from == "pg_temp.events");
    CHECK(view.where == "kind = 'sale'");
    CHECK(view.finish("{state}") ==
          "SELECT k1 AS hour, k2 AS store_id, a1 AS sales, a2 AS total FROM {state}");
}

TEST_CASE("Equal aggregates are kept once, and avg is made of sum and count") {
    const auto view = view_of(
        "SELECT kind, avg(e.qty), sum(qty), sum(qty) FILTER (WHERE price > 1) FROM events e GROUP "
        "BY kind");
    CHECK(partials_of(view) ==
          Texts{"sum(qty)", "count(qty)", "sum(qty) FILTER (WHERE price > 1)"});
    CHECK(view.finish("{state}") ==
          "SELECT k1 AS kind, tidewheel.average(a1, a2) AS avg, a1 AS sum, a3 AS sum FROM {state}");
}

TEST_CASE("A partial aggregate is also known in its parts") {
    std::vector<AggregateCall> calls;
    for (const auto& partial :
         view_of("SELECT count(*), count(*) FILTER (WHERE qty > 1 OR e.kind = ')'), avg(weight), "
                 "max((e.price + 1) * 2) FILTER (WHERE e.qty > 2), sum(price) FROM events e")
             .partials)
        calls.push_back(partial.call);
    CHECK(calls == std::vector<AggregateCall>{{"count", "", ""},
                                              {"count", "", "qty > 1 OR kind = ')'"},
                                              {"sum", "weight::double precision", ""},
                                              {"count", "weight", ""},
                                              {"max", "(price + 1) * 2", "qty > 2"},
                                              {"sum", "price", ""}});
    const auto variance = view_of("SELECT pg_catalog.variance(qty) FROM events").partials;
    CHECK(variance.at(2).call == AggregateCall{"sum", "qty::numeric * qty", ""});
    CHECK(view_of("SELECT kind FROM events GROUP BY kind").partials.at(0).call ==
          AggregateCall{"count", "", ""});
    const auto joined = view_of(
        "SELECT sum(qty) FILTER (WHERE (SELECT a FROM u) > 1) FROM events JOIN u USING (id)");
    CHECK(joined.partials.at(0).call == AggregateCall{"sum", "qty", "(SELECT a FROM u) > 1"});
}

TEST_CASE("avg of a real column adds up in double precision, as PostgreSQL does") {
    CHECK(partials_of(view_of("SELECT avg(weight), sum(weight) FROM events")) ==
          Texts{"sum(weight::double precision)", "count(weight)", "sum(weight)"});
}

TEST_CASE("Each aggregate merges in its own way") {
    const auto view = view_of(
        "SELECT min(ts), max(ts), bool_and(qty > 0), every(qty > 1), bool_or(qty > 2), count(id) "
        "FROM events");
    std::vector<Merge> merges;
    for (const auto& partial : view.partials)
        merges.push_back(partial.merge);
    CHECK(merges == std::vector<Merge>{Merge::least, Merge::greatest, Merge::logical_and,
                                       Merge::logical_and, Merge::logical_or, Merge::add});
}

TEST_CASE("A view without GROUP BY has one row, even before the first record") {
    const auto view = view_of("SELECT count(*), max(ts) FROM events");
    CHECK(view.keys.empty());
    CHECK(view.finish("{state}") ==
          "SELECT COALESCE(a1, 0) AS count, a2 AS max FROM (VALUES (1)) AS tidewheel_one (n) LEFT "
          "JOIN {state} ON true");
}

TEST_CASE("A view with groups alone counts its rows") {
    const auto view = view_of("SELECT store_id AS s FROM events GROUP BY s");
    CHECK(keys_of(view) == Texts{"store_id"});
    CHECK(partials_of(view) == Texts{"count(*)"});
    CHECK(view.finish("{state}") == "SELECT k1 AS s FROM {state}");
}

TEST_CASE("Keys and aggregates are found inside expressions, HAVING becomes WHERE") {
    const auto view = view_of(
        "SELECT upper(e.kind) || '!', sum(price) / count(price) AS each, CASE WHEN "
        "e.store_id > 1 "
        "THEN 'a' ELSE kind END FROM events e GROUP BY kind, store_id HAVING count(*) > 1 AND "
        "store_id IN (1, 2)");
    CHECK(keys_of(view) == Texts{"kind", "store_id"});
    CHECK(view.finish("{state}") ==
          "SELECT upper(k1) || '!' AS \"?column?\", a1 / a2 AS each, CASE WHEN k2 > 1 THEN "
          "'a' ELSE k1 END AS kind FROM {state} WHERE a3 > 1 AND k2 IN (1, 2)");
}

TEST_CASE("ORDER BY, LIMIT, DISTINCT and windows are left to who reads the view") {
    const std::vector<std::array<std::string, 2>> views = {
        {"SELECT kind, sum(qty) AS total FROM events GROUP BY 1 ORDER BY total DESC, kind LIMIT 3",
         "SELECT k1 AS kind, a1 AS total FROM {state} ORDER BY 2 DESC, 1 LIMIT 3"},
        {"SELECT kind FROM events GROUP BY kind ORDER BY max(qty) NULLS FIRST OFFSET 1",
         "SELECT k1 AS kind FROM {state} ORDER BY a1 NULLS FIRST OFFSET 1"},
        {"SELECT kind FROM events GROUP BY 1 HAVING max(qty) > 1 ORDER BY 1 FETCH FIRST 2 ROWS "
         "WITH TIES",
         "SELECT k1 AS kind FROM {state} WHERE a1 > 1 ORDER BY 1 FETCH FIRST 2 ROWS WITH TIES"},
        {"SELECT DISTINCT kind IS NULL AS x, max(qty) FROM events GROUP BY kind",
         "SELECT DISTINCT k1 IS NULL AS x, a1 AS max FROM {state}"},
        {"SELECT DISTINCT ON (store_id) store_id, kind, sum(qty) FROM events GROUP BY 1, 2 ORDER "
         "BY "
         "store_id, sum(qty) DESC",
         "SELECT DISTINCT ON (1) k1 AS store_id, k2 AS kind, a1 AS sum FROM {state} ORDER BY 1, 3 "
         "DESC"},
        {"SELECT DISTINCT kind FROM events ORDER BY kind LIMIT 2",
         "SELECT k1 AS kind FROM {state} ORDER BY 1 LIMIT 2"},
        {"SELECT kind, rank() OVER w, sum(sum(qty)) OVER (PARTITION BY kind ORDER BY min(ts)) AS s "
         "FROM events GROUP BY kind WINDOW w AS (ORDER BY sum(qty) DESC)",
         "SELECT k1 AS kind, rank() OVER w AS rank, sum(a1) OVER (PARTITION BY k1 ORDER BY a2) AS "
         "s "
         "FROM {state} WINDOW w AS (ORDER BY a1 DESC)"},
    };
    for (const auto& [select, finish] : views) {
        INFO(select);
        CHECK(view_of(select).finish("{state}") == finish);
    }
}

TEST_CASE("GROUPING SETS are made of the smallest groups when the view is read") {
    const auto view = view_of(
        "SELECT kind, store_id AS s, grouping(kind, store_id), count(*) AS n, avg(qty), max(ts) "
        "FROM "
        "events GROUP BY CUBE (1, (s, date_trunc('day', ts))), kind HAVING sum(qty) > 1 ORDER BY "
        "1");
    CHECK(keys_of(view) == Texts{"kind", "store_id", "date_trunc('day', ts)"});
    CHECK(partials_of(view) == Texts{"count(*)", "sum(qty)", "count(qty)", "max(ts)"});
    CHECK(view.finish("{state}") ==
          "SELECT k1 AS kind, k2 AS s, GROUPING(k1, k2) AS \"grouping\", "
          "COALESCE(tidewheel.total(a1), "
          "0) AS n, tidewheel.average(tidewheel.total(a2), tidewheel.total(a3)) AS avg, max(a4) AS "
          "max FROM {state} GROUP BY CUBE (k1, (k2, k3)), k1 HAVING tidewheel.total(a2) > 1 ORDER "
          "BY 1");
}

TEST_CASE("An expression in GROUP BY is found whole") {
    const auto view = view_of(
        "SELECT store_id % 2 AS parity, store_id % 2 + 1 AS next, count(*) FROM "
        "events GROUP BY store_id % 2");
    CHECK(view.finish("{state}") ==
          "SELECT k1 AS parity, k1 + 1 AS next, a1 AS count FROM {state}");
}

TEST_CASE("A list in parentheses groups by each of its items") {
    const auto view =
        view_of("SELECT kind, qty, count(*) FROM events GROUP BY (kind, 2), store_id");
    CHECK(keys_of(view) == Texts{"kind", "qty", "store_id"});
}

TEST_CASE("An input column wins over an output name in GROUP BY") {
    CHECK(keys_of(view_of("SELECT price AS kind, kind AS k2 FROM events GROUP BY kind, price")) ==
          Texts{"kind", "price"});
}

TEST_CASE("A function of somebody's own is no aggregate by its name") {
    CHECK_THAT(error_of("CREATE MATERIALIZED VIEW v AS SELECT kind, own.sum(qty) FROM events GROUP "
                        "BY kind"),
               ContainsSubstring("column qty must appear in GROUP BY or in an aggregate") &&
                   ContainsSubstring("write sum(…) FILTER (WHERE true)"));
    CHECK(error_of("CREATE MATERIALIZED VIEW v AS SELECT own.rank(kind), pg_catalog.sum(qty) FROM "
                   "events GROUP BY kind") == "");
}

TEST_CASE("A view joins ordinary tables, and the stream's name is the session's own view") {
    const auto view = view_of(
        "SELECT p.category, count(*) FROM public.events JOIN products p ON p.id = "
        "public.events.store_id "
        "GROUP BY category");
    CHECK(view.from == "pg_temp.events JOIN products p ON p.id = events.store_id");
    CHECK(view.finish("{state}") == "SELECT k1 AS category, a1 AS count FROM {state}");
}

TEST_CASE("A column of the stream has one text, whether a view qualifies it or not") {
    const auto bare = view_of("SELECT kind, sum(qty) FROM events s WHERE qty > 1 GROUP BY kind");
    const auto qualified =
        view_of("SELECT s.kind, sum(s.qty) FROM events s WHERE s.qty > 1 GROUP BY s.kind");
    CHECK(keys_of(bare) == keys_of(qualified));
    CHECK(partials_of(bare) == partials_of(qualified));
    CHECK(bare.where == qualified.where);

    const std::string join = " FROM events s JOIN products p ON p.id = s.store_id ";
    const auto joined = view_of("SELECT kind, p.category, sum(qty)" + join +
                                "WHERE qty > 1 GROUP BY kind, p.category");
    CHECK(keys_of(joined) == Texts{"s.kind", "p.category"});
    CHECK(partials_of(joined) == Texts{"sum(s.qty)"});
    CHECK(joined.where == "s.qty > 1");
}

TEST_CASE("A column keeps its text where another name might mean something else") {
    CHECK(keys_of(view_of("SELECT e.kind, count(*) FROM events e (a, kind) GROUP BY e.kind")) ==
          Texts{"e.kind"});
    CHECK(keys_of(view_of("SELECT id, count(*) FROM events JOIN u USING (id) GROUP BY id")) ==
          Texts{"id"});
    CHECK(view_of("SELECT count(*) FROM events e WHERE EXISTS (SELECT FROM u WHERE qty = e.qty)")
              .where == "EXISTS (SELECT FROM u WHERE qty = e.qty)");
}

TEST_CASE("The column list of a view names its output") {
    const auto view = last_as<ViewStatement>(
        "CREATE MATERIALIZED VIEW v (\"Store\", n) AS SELECT store_id, count(*), max(ts) FROM "
        "events GROUP BY 1");
    CHECK(view.output_columns == Texts{"Store", "n"});
    CHECK(view.finish("{state}") == "SELECT k1 AS \"Store\", a1 AS n, a2 AS max FROM {state}");
}

TEST_CASE("No text of a view is taken for its state table") {
    const auto view =
        view_of("SELECT kind || '{state}' AS label, count(*) FROM events GROUP BY kind");
    CHECK(view.finish("tidewheel.\"state_o\"\"k\"") ==
          "SELECT k1 || '{state}' AS label, a1 AS count FROM tidewheel.\"state_o\"\"k\"");
}

TEST_CASE("Columns without AS are named as PostgreSQL names them") {
    const auto view = view_of(
        "SELECT count(*), sum(qty)::bigint, coalesce(max(qty), 0), greatest(min(qty), 1), 'x', "
        "1::int, "
        "nullif(max(kind), ''), extract(epoch FROM max(ts)), CASE WHEN true THEN 1 END, "
        "ARRAY[max(qty)], "
        "max(qty) + 1 FROM events");
    for (const std::string name :
         {" AS count", " AS sum", " AS \"coalesce\"", " AS \"greatest\"", "'x' AS \"?column?\"",
          "1::int AS int4", " AS \"nullif\"", " AS \"extract\"", " AS \"case\"", " AS \"array\"",
          "+ 1 AS \"?column?\""}) {
        INFO(name);
        CHECK_THAT(view.finish("{state}"), ContainsSubstring(name));
    }
}

TEST_CASE("What a continuous view can't keep by deltas is refused by name") {
    const std::vector<Refusal> refusals = {
        {"SELECT count(*) FROM u", "reads no stream"},
        {"SELECT sum(qty ORDER BY ts) FROM events", "ORDER BY in sum()"},
        {"SELECT any_value(id) FROM events", "the aggregate any_value()"},
        {"SELECT json_agg(e) FROM events e", "json_agg() of the whole row of stream events"},
        {"SELECT json_agg(e.*) FROM events e", "jsonb_build_object('id', id, "},
        {"SELECT rank(qty) WITHIN GROUP (ORDER BY price) FROM events GROUP BY qty",
         "rank() of other than a constant"},
        {"SELECT own(qty) FROM events GROUP BY kind", "write own(…) FILTER (WHERE true)"},
        {"SELECT DISTINCT ON (kind) kind FROM events", "DISTINCT ON without GROUP BY"},
        {"SELECT corr(qty) FROM events", "corr() of other than two values"},
        {"SELECT sum(qty, price) FROM events", "sum() of other than one value"},
        {"SELECT stddev(*) FROM events", "stddev() of other than one value"},
        {"SELECT count(*) OVER () FROM events", "the window function count() is not"},
        {"SELECT DISTINCT kind, row_number() OVER () FROM events", "row_number() needs GROUP BY"},
        {"SELECT kind, count(*) FROM events GROUP BY 1 LIMIT 1", "LIMIT without ORDER BY"},
        {"SELECT kind, count(*) FROM events GROUP BY 1 OFFSET 1", "LIMIT without ORDER BY"},
        {"SELECT kind, count(*) FROM events GROUP BY 1 ORDER BY qty", "column qty must appear"},
        {"SELECT kind, sum(qty) OVER () FROM events GROUP BY 1", "column qty must appear"},
        {"SELECT kind, count(*) FROM events GROUP BY 1 ORDER BY 1 LIMIT (SELECT 3)",
         "a sub-select is not supported"},
        {"SELECT count(*) FROM events UNION SELECT 1", "UNION over a stream"},
        {"SELECT kind, array_agg(qty) FROM events GROUP BY ROLLUP (kind)",
         "array_agg(), whose values are kept"},
        {"SELECT grouping(kind), count(*) FROM events GROUP BY kind", "GROUPING() without"},
        {"SELECT kind, count(*) FROM events GROUP BY DISTINCT kind", "GROUP BY DISTINCT"},
        {"WITH x AS (SELECT * FROM events) SELECT count(*) FROM x", "WITH is not supported"},
        {"SELECT count(*) FROM (SELECT * FROM events) x", "inside a CTE or a sub-select"},
        {"SELECT count(*) FROM u WHERE id IN (SELECT id FROM events)", "read in a sub-select"},
        {"SELECT count(*) FROM u LEFT JOIN events USING (id)", "nullable side"},
        {"SELECT * FROM events GROUP BY id", "* is not supported"},
        {"SELECT kind, qty FROM events GROUP BY kind", "column qty must appear in GROUP BY"},
        {"SELECT kind FROM events GROUP BY kind HAVING qty > 1", "column qty must appear"},
        {"SELECT count(*) FROM events WHERE ts > now()", "now() is not supported"},
        {"SELECT count(*) FROM events WHERE random() > 0.5", "random() is volatile"},
        {"SELECT 'all' AS store, count(*) FROM events GROUP BY 1",
         "a constant is not supported as a group key"},
        {"SELECT 'all'::text AS s, count(*) FROM events GROUP BY s",
         "a constant is not supported as a group key"},
        {"SELECT kind, count(*) FROM events GROUP BY 3", "GROUP BY position 3"},
        {"SELECT count(*) FROM events GROUP BY 1", "an aggregate is not allowed in GROUP BY"},
        {"SELECT (SELECT 1), count(*) FROM events",
         "a sub-select is not supported in the SELECT list"},
        {"SELECT u.a + 1 AS x, count(*) FROM events JOIN u USING (id) GROUP BY x",
         "a column of a joined table, or the one in the SELECT list"},
        {"SELECT count(*) FROM events WITH NO DATA", "WITH NO DATA"},
    };
    for (const auto& refusal : refusals) {
        INFO(refusal.sql);
        CHECK_THAT(error_of("CREATE MATERIALIZED VIEW v AS " + refusal.sql),
                   ContainsSubstring(refusal.said));
    }
    CHECK_THAT(error_of("CREATE MATERIALIZED VIEW v TABLESPACE x AS SELECT count(*) FROM events"),
               ContainsSubstring("TABLESPACE is not supported"));
    CHECK_THAT(
        error_of(
            "CREATE MATERIALIZED VIEW v WITH (fillfactor = 50) AS SELECT count(*) FROM events"),
        ContainsSubstring("a continuous view has no option fillfactor"));
    CHECK_THAT(error_of("CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT count(*) FROM events"),
               ContainsSubstring("IF NOT EXISTS is not supported"));
}
