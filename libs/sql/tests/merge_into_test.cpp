#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

RowStatement merge_of(const std::string& rest) {
    return last_as<RowStatement>("MERGE INTO t " + rest);
}

const std::string whole =
    "USING events s ON t.id = s.id WHEN MATCHED AND s.kind = 'gone' THEN DELETE "
    "WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty "
    "WHEN NOT MATCHED THEN INSERT (id, qty) VALUES (s.id, s.qty)";

}  // namespace

TEST_CASE("A MERGE runs its own ON and WHEN over some rows of its source") {
    const RowStatement rows = merge_of(whole);
    REQUIRE(rows.merge);
    CHECK(rows.target == RelationName{"", "t"});
    CHECK(rows.on_conflict == OnConflict::update);
    CHECK(rows.needs_order);
    CHECK(rows.target_columns == std::vector<std::string>{"id", "qty"});
    CHECK(rows.merge->deletes);
    CHECK(rows.merge->over("public.t", "SELECT 1") ==
          "MERGE INTO public.t AS t USING (SELECT 1) AS s ON t.id = s.id WHEN MATCHED AND s.kind = "
          "'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty WHEN NOT MATCHED "
          "THEN INSERT (id, qty) VALUES (s.id, s.qty)");
}

TEST_CASE("A MERGE takes from its stream what it uses, a record at a time") {
    const Statement statement = last("MERGE INTO t " + whole);
    CHECK(statement.select == "SELECT id, kind, qty FROM pg_temp.events");
    CHECK(statement.stream == RelationName{"public", "events"});
    CHECK_THAT(std::get<RowStatement>(statement.body).record_select,
               ContainsSubstring("tidewheel_records AS tidewheel_r CROSS JOIN LATERAL (SELECT id, "
                                 "kind, qty FROM (SELECT tidewheel_r.id"));
    CHECK(last("MERGE INTO t USING events ON true WHEN NOT MATCHED THEN INSERT DEFAULT VALUES")
              .select == "SELECT id FROM pg_temp.events");
    CHECK_THAT(last("MERGE INTO t USING events s ON true WHEN NOT MATCHED THEN INSERT (j) VALUES "
                    "(to_jsonb(s))")
                   .select,
               ContainsSubstring("\"Odd Name\", ts FROM"));
}

TEST_CASE("A MERGE may select its rows from a stream, and now() with them") {
    const Statement statement = last(
        "MERGE INTO t AS x USING (SELECT id, now() FROM events WHERE kind = 'sale') AS s(a, b) "
        "ON x.id = s.a WHEN NOT MATCHED THEN INSERT (id, at) VALUES (s.a, s.b)");
    const auto& rows = std::get<RowStatement>(statement.body);
    CHECK(rows.merge->source_columns == std::vector<std::string>{"a", "b"});
    CHECK(rows.merge->alias == "x");
    CHECK_THAT(rows.record_select, ContainsSubstring("tidewheel.record_time("));
    CHECK(statement.route_values == std::vector<std::string>{"sale"});
}

TEST_CASE("The equalities of ON say by which key, and whether the rows keep it") {
    const auto keys_of = [](const std::string& rest) { return merge_of(rest).merge->keys; };
    const std::string insert = " WHEN NOT MATCHED THEN INSERT (id, qty) VALUES (s.id, 1)";
    CHECK(keys_of("USING events s ON t.id = s.id AND t.qty > s.qty" + insert) ==
          std::vector<MergeKey>{{"id", "", "s.id", true}});
    CHECK(keys_of("USING events s ON (s.id = t.id AND 1 = t.qty)" + insert) ==
          std::vector<MergeKey>{{"id", "", "s.id", true}, {"qty", "", "1", true}});
    CHECK(keys_of("USING events s ON t.id::text = s.kind" + insert) ==
          std::vector<MergeKey>{{"id", "text", "s.kind", false}});
    CHECK(keys_of("USING events s ON t.id = s.id::uuid" + insert) ==
          std::vector<MergeKey>{{"id", "", "s.id::uuid", true}});
    CHECK(keys_of("USING events s ON t.id = s.id OR t.qty = 1" + insert).empty());
    CHECK(keys_of("USING events s ON t.id = t.qty" + insert).empty());
    const auto is_kept = [&](const std::string& when) {
        return keys_of("USING events s ON t.id = s.id " + when).at(0).is_kept;
    };
    CHECK(is_kept("WHEN MATCHED THEN DELETE"));
    CHECK(is_kept("WHEN MATCHED THEN UPDATE SET id = s.id"));
    CHECK_FALSE(is_kept("WHEN MATCHED THEN UPDATE SET id = s.ts"));
    CHECK_FALSE(is_kept("WHEN MATCHED THEN UPDATE SET (id, qty) = (s.ts, 1)"));
    CHECK_FALSE(is_kept("WHEN NOT MATCHED THEN INSERT (id) VALUES (s.ts)"));
    CHECK_FALSE(is_kept("WHEN NOT MATCHED THEN INSERT (qty) VALUES (s.qty)"));
    CHECK_FALSE(is_kept("WHEN NOT MATCHED THEN INSERT DEFAULT VALUES"));
}

TEST_CASE("What a MERGE can't do a record at a time is refused by name") {
    const std::string insert = " ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)";
    const std::vector<Refusal> refusals = {
        {"MERGE INTO t USING u s" + insert, "this MERGE into t reads no stream"},
        {"MERGE INTO t USING (SELECT 1 AS id) s" + insert, "this MERGE into t reads no stream"},
        {"MERGE INTO events USING events s ON true WHEN MATCHED THEN DELETE",
         "events is a stream: MERGE can't write to it"},
        {"MERGE INTO ONLY t USING events s" + insert, "ONLY is not supported"},
        {"WITH w AS (SELECT 1) MERGE INTO t USING events s" + insert, "WITH is not supported"},
        {"MERGE INTO t USING (SELECT DISTINCT id FROM events) s" + insert,
         "DISTINCT is not supported"},
        {"MERGE INTO t USING (SELECT max(id) AS id FROM events) s" + insert, "the aggregate max()"},
        {"MERGE INTO t USING (SELECT e.id FROM events e JOIN t ON true) s" + insert,
         "t is read by the statement that fills it"},
        {"MERGE INTO t USING (events e JOIN u ON true) ON true WHEN MATCHED THEN DELETE",
         "USING of a continuous MERGE must be a stream, or a sub-select"},
        {"MERGE INTO t USING events s ON t.id = s.id WHEN MATCHED AND EXISTS (SELECT FROM u) THEN "
         "DELETE",
         "a sub-select in ON or WHEN is not supported"},
        {"MERGE INTO t USING events s ON t.id = s.id WHEN MATCHED THEN UPDATE SET at = now()",
         "now() is not supported in ON and WHEN"},
        {"MERGE INTO t USING events s ON t.id = s.id WHEN MATCHED THEN UPDATE SET r = random()",
         "random() is volatile"},
        {"DELETE FROM t USING events s WHERE t.id = s.id",
         "DELETE … USING stream events is not supported"},
        {"DELETE FROM t USING events s WHERE t.id = s.id",
         "Write MERGE INTO t USING events ON … WHEN MATCHED THEN DELETE."},
        {"UPDATE t SET a = s.qty FROM events s WHERE t.id = s.id",
         "Write MERGE INTO t USING events ON … WHEN MATCHED THEN UPDATE SET …."},
    };
    for (const Refusal& each : refusals) {
        INFO(each.sql);
        CHECK_THAT(error_of(each.sql), ContainsSubstring(each.said));
    }
}
