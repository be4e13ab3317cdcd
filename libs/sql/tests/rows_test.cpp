#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string record_begin =
    "SELECT tidewheel_r.tidewheel_seq, tidewheel_q.* FROM pg_temp.tidewheel_records AS tidewheel_r "
    "CROSS JOIN LATERAL (";
const std::string one_record =
    "(SELECT tidewheel_r.id, tidewheel_r.kind, tidewheel_r.store_id, tidewheel_r.price, "
    "tidewheel_r.qty, tidewheel_r.weight, tidewheel_r.items, tidewheel_r.\"Odd Name\", "
    "tidewheel_r.ts)";

std::string record_form_of(const std::string& select) {
    return last_as<RowStatement>("INSERT INTO t " + select).record_select;
}

std::string record_form(const std::string& select) {
    return record_begin + select + ") AS tidewheel_q";
}

}  // namespace

TEST_CASE("What depends on how records are batched is refused by name") {
    const std::vector<Refusal> refusals = {
        {"INSERT INTO t SELECT DISTINCT id FROM events", "DISTINCT is not supported"},
        {"INSERT INTO t SELECT DISTINCT ON (id) id FROM events", "DISTINCT is not supported"},
        {"INSERT INTO t SELECT id FROM events GROUP BY id", "GROUP BY is not supported"},
        {"INSERT INTO t SELECT 1 FROM events HAVING true", "HAVING is not supported"},
        {"INSERT INTO t SELECT count(*) FROM events", "the aggregate count()"},
        {"INSERT INTO t SELECT my_agg(DISTINCT id) FROM events", "the aggregate my_agg()"},
        {"INSERT INTO t SELECT my_agg(id ORDER BY ts) FROM events", "the aggregate my_agg()"},
        {"INSERT INTO t SELECT my_agg(id) FILTER (WHERE true) FROM events",
         "the aggregate my_agg()"},
        {"INSERT INTO t SELECT mode() WITHIN GROUP (ORDER BY id) FROM events",
         "the aggregate mode()"},
        {"INSERT INTO t SELECT pg_catalog.string_agg(kind, ',') FROM events",
         "the aggregate string_agg()"},
        {"INSERT INTO t SELECT row_number() OVER (ORDER BY ts) FROM events",
         "the window function row_number()"},
        {"INSERT INTO t SELECT id FROM events WINDOW w AS (ORDER BY ts)",
         "WINDOW is not supported"},
        {"INSERT INTO t SELECT id FROM events LIMIT 5", "LIMIT is not supported"},
        {"INSERT INTO t SELECT id FROM events FETCH FIRST 5 ROWS ONLY", "LIMIT is not supported"},
        {"INSERT INTO t SELECT id FROM events OFFSET 5", "OFFSET is not supported"},
        {"INSERT INTO t SELECT id FROM events FOR UPDATE", "FOR UPDATE"},
        {"INSERT INTO t SELECT id FROM events UNION SELECT id FROM u", "UNION over a stream"},
        {"INSERT INTO t SELECT id FROM events INTERSECT SELECT id FROM u",
         "INTERSECT over a stream"},
        {"INSERT INTO t SELECT id FROM u EXCEPT SELECT id FROM events", "EXCEPT over a stream"},
        {"INSERT INTO t WITH x AS (SELECT max(ts) FROM events) SELECT * FROM x",
         "the aggregate max()"},
        {"INSERT INTO t SELECT * FROM (SELECT id FROM events LIMIT 1) x", "LIMIT is not supported"},
        {"INSERT INTO t SELECT (SELECT max(events.price)) FROM events",
         "is over columns of stream events"},
        {"INSERT INTO t SELECT (SELECT sum(qty) FROM lines l WHERE l.id = events.id) FROM events",
         "is over columns of stream events"},
        {"INSERT INTO t SELECT id FROM events TABLESAMPLE system (1)", "TABLESAMPLE over a stream"},
        {"INSERT INTO t WITH RECURSIVE x AS (SELECT id FROM events) SELECT * FROM x",
         "WITH RECURSIVE over a stream"},
    };
    for (const auto& refusal : refusals) {
        INFO(refusal.sql);
        CHECK_THAT(error_of(refusal.sql), ContainsSubstring(refusal.said));
    }
}

TEST_CASE("A continuous INSERT reads exactly one stream, once, in FROM") {
    const std::vector<Refusal> refusals = {
        {"INSERT INTO t SELECT 1", "reads no stream"},
        {"INSERT INTO t SELECT * FROM u", "reads no stream"},
        {"INSERT INTO t SELECT * FROM other.events2", "reads no stream"},
        {"CREATE FOREIGN TABLE b (x int) SERVER kafka OPTIONS (topic 'b');"
         "INSERT INTO t SELECT 1 FROM events, b",
         "two streams in one statement: events and b"},
        {"INSERT INTO t SELECT 1 FROM events a JOIN events b USING (id)", "is read twice"},
        {"INSERT INTO t WITH x AS (SELECT id FROM events) SELECT 1 FROM x a, x b", "is read twice"},
        {"INSERT INTO t SELECT * FROM u WHERE id IN (SELECT id FROM events)",
         "read in a sub-select"},
        {"INSERT INTO t SELECT * FROM u WHERE EXISTS (SELECT FROM events)", "read in a sub-select"},
        {"INSERT INTO t SELECT (SELECT id FROM events) FROM u", "read in a sub-select"},
        {"INSERT INTO t WITH x AS (SELECT id FROM events) SELECT * FROM u",
         "the rows don't come from stream events"},
        {"INSERT INTO t SELECT * FROM u LEFT JOIN events e USING (id)", "nullable side"},
        {"INSERT INTO t SELECT * FROM events e RIGHT JOIN u USING (id)", "nullable side"},
        {"INSERT INTO t SELECT * FROM events e FULL JOIN u USING (id)", "nullable side"},
        {"INSERT INTO t SELECT e.* FROM events e LEFT JOIN t USING (id)",
         "t is read by the statement that fills it"},
        {"INSERT INTO public.t SELECT * FROM events e WHERE id NOT IN (SELECT id FROM t)",
         "t is read by the statement that fills it"},
        {"INSERT INTO t WITH x AS (DELETE FROM u RETURNING id) SELECT e.* FROM events e, x",
         "data-modifying CTEs"},
        {"INSERT INTO t SELECT * FROM events RETURNING id", "RETURNING is not supported"},
        {"INSERT INTO t OVERRIDING SYSTEM VALUE SELECT * FROM events", "OVERRIDING"},
        {"INSERT INTO events SELECT * FROM events", "would go round for ever"},
        {"WITH x AS (SELECT 1) INSERT INTO t WITH x AS (SELECT 2) SELECT * FROM events",
         "WITH x is specified twice"},
        {"INSERT INTO t SELECT * FROM events ON CONFLICT (id) DO UPDATE SET n = (SELECT max(n) "
         "FROM t)",
         "t is read in a sub-select of ON CONFLICT"},
    };
    for (const auto& refusal : refusals) {
        INFO(refusal.sql);
        CHECK_THAT(error_of(refusal.sql), ContainsSubstring(refusal.said));
    }
}

TEST_CASE("What a replay could not repeat is refused by name") {
    for (const std::string function :
         {"random()", "gen_random_uuid()", "clock_timestamp()", "timeofday()", "nextval('s')",
          "setval('s', 1)", "uuid_generate_v4()", "public.uuid_generate_v4()", "pg_sleep(1)"}) {
        INFO(function);
        CHECK_THAT(error_of("INSERT INTO t SELECT id, " + function + " FROM events"),
                   ContainsSubstring("is volatile"));
    }
    CHECK_THAT(error_of("INSERT INTO t SELECT 'now'::timestamptz FROM events"),
               ContainsSubstring("the time constant 'now'"));
    CHECK_THAT(error_of("INSERT INTO t SELECT age(ts) FROM events"),
               ContainsSubstring("age() with one argument"));
    CHECK_THAT(error_of("INSERT INTO t SELECT e.id FROM events e, now() n"),
               ContainsSubstring("now() is not supported in FROM"));
    CHECK_THAT(
        error_of("INSERT INTO t SELECT id FROM events ON CONFLICT (id) DO UPDATE SET at = now()"),
        ContainsSubstring("now() is not supported in ON CONFLICT"));
}

TEST_CASE("Aggregates over the record's own data and over other tables stay allowed") {
    for (const std::string select :
         {"SELECT (SELECT max(x) FROM jsonb_array_elements(s.items) x) FROM events s",
          "SELECT q.n FROM events s, LATERAL (SELECT count(*) AS n FROM "
          "jsonb_array_elements(s.items) "
          "LIMIT 1) q",
          "SELECT (SELECT sum(l.qty) FROM lines l WHERE l.id = events.id) FROM events",
          "SELECT (SELECT name FROM shops ORDER BY opened LIMIT 1) FROM events",
          "SELECT e.* FROM (SELECT 1 UNION SELECT 2) u, events e"}) {
        INFO(select);
        CHECK(error_of("INSERT INTO t " + select) == "");
    }
}

TEST_CASE("The batch form reads the session's own view of the stream's name") {
    CHECK(last_as<RowStatement>("INSERT INTO t SELECT  id FROM events -- all").batch_insert ==
          "INSERT INTO t SELECT id FROM pg_temp.events");
    const auto rows = last_as<RowStatement>(
        "INSERT INTO app.t SELECT public.events.id FROM public.events WHERE events.qty > 1");
    CHECK(rows.batch_insert ==
          "INSERT INTO app.t SELECT events.id FROM pg_temp.events WHERE events.qty > 1");
    CHECK(rows.target == RelationName{"app", "t"});
}

TEST_CASE("The record form puts one record into the stream's place") {
    CHECK(record_form_of("SELECT id FROM events WHERE qty > 1") ==
          record_form("SELECT id FROM " + one_record + " events WHERE qty > 1"));
    CHECK(record_form_of("SELECT \"Odd Name\" FROM public.events AS \"E 1\"") ==
          record_form("SELECT \"Odd Name\" FROM " + one_record + " \"E 1\""));
    CHECK(record_form_of(
              "SELECT e.id, s.name FROM events e LEFT JOIN shops s ON s.id = e.store_id") ==
          record_form("SELECT e.id, s.name FROM " + one_record +
                      " e LEFT JOIN shops s ON s.id = e.store_id"));
    CHECK(
        record_form_of("SELECT id, i.sku FROM events, jsonb_to_recordset(items) AS i(sku text)") ==
        record_form("SELECT id, i.sku FROM " + one_record +
                    " events, jsonb_to_recordset(items) i (sku text)"));
    CHECK(record_form_of("WITH x AS (SELECT id FROM events) SELECT * FROM x ORDER BY id") ==
          record_form("WITH x AS (SELECT id FROM " + one_record +
                      " events) SELECT * FROM x ORDER BY id"));
    CHECK(record_form_of("SELECT a FROM events AS e(a, b)") ==
          record_form("SELECT a FROM " + one_record + " e(a, b)"));
}

TEST_CASE("now() and its relatives are the record's own time in the record form") {
    const std::string time = "tidewheel.record_time(tidewheel_r.tidewheel_timestamp, 'now()')";
    CHECK(
        record_form_of("SELECT now(), current_date, localtimestamp(3), current_time FROM events") ==
        record_form("SELECT " + time + " AS now, " + time + "::date AS \"current_date\", " + time +
                    "::timestamp(3) AS \"localtimestamp\", " + time +
                    "::timetz AS \"current_time\" FROM " + one_record + " events"));
    CHECK(record_form_of("SELECT id FROM events WHERE ts > now() - interval '1 day'") ==
          record_form("SELECT id FROM " + one_record + " events WHERE ts > (" + time +
                      " - '1 day'::interval)"));
    CHECK(last_as<RowStatement>("INSERT INTO t SELECT now() FROM events").uses_now);
    CHECK_FALSE(last_as<RowStatement>("INSERT INTO t SELECT ts FROM events").uses_now);
}

TEST_CASE("The outer alias never clashes with a name of the statement") {
    CHECK_THAT(record_form_of("SELECT tidewheel_r.id FROM events tidewheel_r"),
               ContainsSubstring("pg_temp.tidewheel_records AS tidewheel_r_ "));
}

TEST_CASE("WITH before INSERT moves into the SELECT") {
    const auto statement = last(
        "WITH x AS (SELECT id FROM events) INSERT INTO t WITH y AS (SELECT 1) SELECT id FROM x, y");
    CHECK(statement.select ==
          "WITH x AS (SELECT id FROM pg_temp.events), y AS (SELECT 1) SELECT id FROM x, y");
}

TEST_CASE("ON CONFLICT is taken apart") {
    const auto plain = last_as<RowStatement>(
        "INSERT INTO t (a, b) SELECT id, qty FROM events ON CONFLICT (a, b) DO NOTHING");
    CHECK(plain.target_columns == std::vector<std::string>{"a", "b"});
    CHECK(plain.on_conflict == OnConflict::nothing);
    CHECK(plain.conflict_columns == std::vector<std::string>{"a", "b"});
    CHECK(plain.conflict_is_plain);
    CHECK(plain.conflict_clause == "ON CONFLICT (a, b) DO NOTHING");
    CHECK_FALSE(plain.replaced_columns);

    const auto partial = last_as<RowStatement>(
        "INSERT INTO t SELECT * FROM events ON CONFLICT (id) WHERE qty > 1 DO NOTHING");
    CHECK_FALSE(partial.conflict_is_plain);
    const auto expression = last_as<RowStatement>(
        "INSERT INTO t SELECT * FROM events ON CONFLICT (lower(kind)) DO NOTHING");
    CHECK_FALSE(expression.conflict_is_plain);
    CHECK(expression.conflict_columns.empty());

    const auto constraint = last_as<RowStatement>(
        "INSERT INTO t SELECT * FROM events ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING");
    CHECK(constraint.conflict_constraint == "t_pkey");
    CHECK(last_as<RowStatement>("INSERT INTO t SELECT * FROM events").conflict_clause == "");
}

TEST_CASE("An upsert that only takes over the new values is known as such") {
    const std::string insert =
        "INSERT INTO t AS k SELECT * FROM events ON CONFLICT (id) DO UPDATE ";
    using Columns = std::vector<std::string>;
    CHECK(last_as<RowStatement>(insert + "SET a = excluded.a, b = excluded.b").replaced_columns ==
          Columns{"a", "b"});
    CHECK(
        last_as<RowStatement>(insert + "SET (a, b) = (excluded.a, excluded.b)").replaced_columns ==
        Columns{"a", "b"});
    CHECK_FALSE(last_as<RowStatement>(insert + "SET a = excluded.b").replaced_columns);
    CHECK_FALSE(
        last_as<RowStatement>(insert + "SET a = excluded.a WHERE k.a < 3").replaced_columns);
    const auto counting = last_as<RowStatement>(insert + "SET n = k.n + excluded.n");
    CHECK_FALSE(counting.replaced_columns);
    CHECK(counting.conflict_clause == "ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n");
}

TEST_CASE("Order matters for DO UPDATE, for now(), and for DO NOTHING after a join") {
    const auto needs_order = [](const std::string& select) {
        return last_as<RowStatement>("INSERT INTO t " + select).needs_order;
    };
    CHECK_FALSE(needs_order("SELECT * FROM events ON CONFLICT DO NOTHING"));
    CHECK_FALSE(
        needs_order("SELECT id FROM events, jsonb_array_elements(items) ON CONFLICT DO NOTHING"));
    CHECK_FALSE(needs_order("SELECT e.id FROM events e JOIN shops s ON s.id = e.store_id"));
    CHECK(needs_order(
        "SELECT e.id FROM events e JOIN shops s ON s.id = e.store_id ON CONFLICT DO NOTHING"));
    CHECK(
        needs_order("SELECT id FROM events WHERE id IN (SELECT id FROM u) ON CONFLICT DO NOTHING"));
    CHECK(needs_order("SELECT id FROM events, generate_series(1, 3) ON CONFLICT DO NOTHING"));
    CHECK(needs_order("SELECT id FROM events ORDER BY ts ON CONFLICT DO NOTHING"));
    CHECK(needs_order("SELECT * FROM events ON CONFLICT (id) DO UPDATE SET n = excluded.n"));
    CHECK(needs_order("SELECT now() FROM events"));
}

TEST_CASE("A CTE of the stream's name doesn't stand in for the qualified stream") {
    const auto rows = last_as<RowStatement>(
        "INSERT INTO t WITH events AS (SELECT 1 AS id) SELECT public.events.id FROM public.events");
    CHECK(rows.batch_insert ==
          "INSERT INTO t WITH events AS (SELECT 1 AS id) SELECT events.id FROM pg_temp.events");
}
