// Rows in the service itself: many are stored by COPY, few by an INSERT over arrays.
#include <algorithm>

#include "native_batches.hpp"
#include "tidewheel/postgres/sqlstate.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string stream =
    "CREATE FOREIGN TABLE sales (id bigint NOT NULL, store text, qty integer, price numeric(10,2), "
    "tags jsonb) SERVER kafka OPTIONS (topic '{topic}', partitions '1');\n";
const std::string table =
    "CREATE TABLE stored (id bigint PRIMARY KEY, store text, qty integer, price numeric(10,2), "
    "tags "
    "jsonb);\n";
const std::string usual =
    table + stream + "INSERT INTO stored SELECT * FROM sales ON CONFLICT (id) DO NOTHING;\n";

std::string sale(long id, const std::string& store = "a", long qty = 1) {
    return "{\"id\": " + std::to_string(id) + ", \"store\": \"" + store +
           "\", \"qty\": " + std::to_string(qty) + ", \"price\": 2.50, \"tags\": {\"n\": [1, 2]}}";
}

// Enough for a COPY, with these ids from the first one on, descending.
std::vector<std::string> sales(long first, long count = 1000, const std::string& store = "a") {
    std::vector<std::string> values;
    for (long id = first + count; id-- > first;)
        values.push_back(sale(id, store));
    return values;
}

NativeBatches native(const Deployment& deployment, const std::string& pipeline) {
    require_applied(deployment.apply(pipeline));
    return NativeBatches(deployment, executor::StatementKind::rows);
}

void require_native(const NativeBatches& batches, const std::string& name = "stored") {
    INFO(batches.rows(name).reason);
    REQUIRE(batches.rows(name).query);
}

}  // namespace

TEST_CASE("rows are selected, computed, converted and stored, few and many alike") {
    Deployment deployment;
    NativeBatches batches = native(
        deployment,
        stream +
            "CREATE TABLE stored (id numeric, label text, total numeric(12,1), big bigint, "
            "at timestamptz, doc jsonb, added text DEFAULT 'x');\n"
            "INSERT INTO stored (total, id, big, label, at, doc) SELECT price * qty, id, qty, "
            "CASE WHEN qty > 5 THEN 'many' ELSE store END, now(), tags FROM sales WHERE "
            "qty <> 3 AND store IS NOT NULL;\n");
    require_native(batches);
    const std::vector<std::string> few = {sale(1, "a", 2), sale(2, "b", 3), sale(3, "c", 9),
                                          R"({"id": 4, "qty": 1})",
                                          R"({"id": 5, "store": "d", "qty": 1})"};
    std::vector<std::string> many;
    for (long copy = 0; copy < 100; ++copy)
        many.insert(many.end(), few.begin(), few.end());
    batches.run(few);
    const std::string rows =
        "SELECT string_agg(DISTINCT (id, label, total, big, at AT TIME ZONE 'UTC', doc, "
        "added)::text, "
        "' ') || ' ' || count(*) FROM stored";
    const std::string expected = R"x((1,a,5.0,2,"2026-01-01 00:00:00","{""n"": [1, 2]}",x) )x"
                                 R"x((3,many,22.5,9,"2026-01-01 00:00:00","{""n"": [1, 2]}",x) )x"
                                 R"x((5,d,,1,"2026-01-01 00:00:00",,x) )x";
    CHECK(deployment.value(rows) == expected + "3");
    batches.run(many);
    CHECK(deployment.value(rows) == expected + "303");
}

TEST_CASE("the first row of a key counts, within a batch and between batches") {
    Deployment deployment;
    NativeBatches batches = native(deployment, usual);
    require_native(batches);
    std::vector<std::string> first = sales(1);
    const std::vector<std::string> again = sales(1, 1000, "later");
    first.insert(first.end(), again.begin(), again.end());
    batches.run(first);
    CHECK(deployment.value("SELECT count(*) || ' ' || min(store) || max(store) FROM stored") ==
          "1000 aa");
    // In the order of the key, whatever the records' was.
    CHECK(deployment.value("SELECT bool_and(id > before) FROM (SELECT id, lag(id) OVER (ORDER BY "
                           "ctid) AS before FROM stored) s") == "t");

    CHECK_THROWS_AS(batches.run(sales(500)), executor::RunAgain);
    batches.run(sales(500));  // as the lane does at once
    CHECK(deployment.value("SELECT count(*) FROM stored") == "1499");
    batches.run(sales(2000));  // copied
    CHECK(deployment.value("SELECT count(*) FROM stored") == "2499");
    batches.run({sale(2000, "later"), sale(5000), sale(5000, "later")});
    CHECK(deployment.value("SELECT count(*) || max(store) FROM stored") == "2500a");
}

TEST_CASE("a NULL in a key is equal to nothing") {
    Deployment deployment;
    NativeBatches batches =
        native(deployment,
               stream +
                   "CREATE TABLE stored (store text, qty integer, UNIQUE (store, qty));\n"
                   "INSERT INTO stored SELECT store, qty FROM sales ON CONFLICT DO NOTHING;\n");
    require_native(batches);
    std::vector<std::string> values(500, R"({"id": 1, "store": "a"})");
    values.insert(values.end(), 500, R"({"id": 1, "qty": 1})");
    values.insert(values.end(), 500, R"({"id": 1, "store": "a", "qty": 1})");
    batches.run(values);
    CHECK(deployment.value("SELECT count(*) FROM stored") == "1001");
}

TEST_CASE("numbers that the table gives follow the order of the records") {
    Deployment deployment;
    NativeBatches batches = native(
        deployment,
        stream +
            "CREATE TABLE stored (n integer GENERATED ALWAYS AS IDENTITY, id bigint PRIMARY KEY);\n"
            "INSERT INTO stored (id) SELECT id FROM sales ON CONFLICT (id) DO NOTHING;\n");
    require_native(batches);
    std::vector<std::string> values = sales(1);
    values.push_back(sale(7));
    batches.run(values);
    CHECK(deployment.value("SELECT count(*) || ' ' || bool_and(id = 1001 - n) FROM stored") ==
          "1000 true");
}

TEST_CASE("what has changed at the table since the plan leaves its rows to PostgreSQL") {
    const std::vector<std::vector<std::string>> changes = {
        {"ALTER TABLE stored DROP CONSTRAINT stored_pkey"},
        {"ALTER TABLE stored ALTER qty TYPE bigint"},
        {"ALTER TABLE stored ALTER store TYPE varchar(3)"},
        {"ALTER TABLE stored ENABLE ROW LEVEL SECURITY"},
        {"CREATE RULE passing AS ON INSERT TO stored DO INSTEAD NOTHING"},
        {"CREATE TRIGGER touch BEFORE INSERT ON stored FOR EACH ROW EXECUTE FUNCTION "
         "suppress_redundant_updates_trigger()"},
        {"ALTER TABLE stored RENAME TO moved", "CREATE TABLE stored (LIKE moved)"},
        {"CREATE UNIQUE INDEX ON stored (store)"},
    };
    for (const auto& change : changes) {
        INFO(change.back());
        Deployment deployment;
        NativeBatches batches = native(deployment, usual);
        require_native(batches);
        for (const std::string& command : change)
            deployment.query(command);
        CHECK_THROWS_AS(batches.run(sales(1)), executor::Declined);
        CHECK(deployment.value("SELECT count(*) FROM stored") == "0");
    }
}

TEST_CASE("without ON CONFLICT a key that is there is an error") {
    Deployment deployment;
    NativeBatches batches =
        native(deployment, table + stream + "INSERT INTO stored SELECT * FROM sales;\n");
    require_native(batches);
    batches.run(sales(1));
    const auto sqlstate = [&](const std::vector<std::string>& values) -> std::string {
        try {
            batches.run(values);
            return "";
        } catch (const postgres::DatabaseError& error) {
            return std::string(error.sqlstate());
        }
    };
    CHECK(sqlstate(sales(500)) == postgres::sqlstate::unique_violation);
    CHECK(sqlstate({sale(5)}) == postgres::sqlstate::unique_violation);
    CHECK(sqlstate({sale(5000), sale(5000)}) == postgres::sqlstate::unique_violation);
    CHECK(deployment.value("SELECT count(*) FROM stored") == "1000");
}

TEST_CASE("tables and statements where COPY could differ from INSERT are left to PostgreSQL") {
    struct Case {
        std::string table, select, reason;
    };
    const std::string plain = "CREATE TABLE stored (id bigint PRIMARY KEY, store text);\n";
    const std::string all = "SELECT id, store FROM sales ON CONFLICT (id) DO NOTHING";
    const std::vector<Case> cases = {
        {plain + "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; "
                 "END';\n"
                 "CREATE TRIGGER touch BEFORE INSERT ON stored FOR EACH ROW EXECUTE FUNCTION "
                 "touch();\n",
         all, "a trigger of the target"},
        {plain + "ALTER TABLE stored ENABLE ROW LEVEL SECURITY;\n", all,
         "row-level security of the target"},
        {plain + "CREATE UNIQUE INDEX ON stored (lower(store));\n",
         "SELECT id, store FROM sales ON CONFLICT (lower(store)) DO UPDATE SET id = excluded.id",
         "a key that is not made of columns it fills"},
        {"CREATE TABLE stored (id bigint, store char(3) PRIMARY KEY);\n",
         "SELECT id, store FROM sales ON CONFLICT (store) DO NOTHING",
         "a key of type character(3)"},
        {"CREATE TABLE stored (id bigint PRIMARY KEY, store varchar(3));\n",
         "SELECT id, qty FROM sales ON CONFLICT (id) DO NOTHING",
         "assignment to character varying(3)"},
        {plain, "SELECT id, initcap(store) FROM sales ON CONFLICT (id) DO NOTHING", "initcap"},
        {plain,
         "SELECT s.id, s.store FROM sales s CROSS JOIN generate_series(1, 2) ON CONFLICT (id) DO "
         "NOTHING",
         "more than the stream in FROM"},
    };
    for (const Case& each : cases) {
        INFO(each.table << each.select);
        Deployment deployment;
        const NativeBatches batches =
            native(deployment,
                   stream + each.table + "INSERT INTO stored (id, store) " + each.select + ";\n");
        CHECK_FALSE(batches.rows("stored").query);
        CHECK_THAT(batches.rows("stored").reason, ContainsSubstring(each.reason));
    }
}

TEST_CASE("a running worker follows what is done to its table, and misses nothing meanwhile") {
    Deployment deployment;
    require_applied(deployment.apply(usual));
    const auto worker = deployment.start("tidewheel-worker");
    const auto times_logged = [&](const std::string& what) {
        return occurrences(worker->errors(), what);
    };
    const std::string computed = "is computed by the service  what=\"rows of stored\"";
    eventually("its rows are computed", [&] { return times_logged(computed) == 1; });
    deployment.send(0, sales(1));
    deployment.arrive();

    deployment.query(
        "CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.store := "
        "''marked''; "
        "RETURN NEW; END'");
    deployment.query(
        "CREATE TRIGGER mark BEFORE INSERT ON stored FOR EACH ROW EXECUTE FUNCTION mark()");
    deployment.send(0, sales(2001));
    deployment.arrive();
    CHECK(
        deployment.value("SELECT count(*) || ' ' || count(*) FILTER (WHERE store = 'marked') FROM "
                         "stored WHERE id > 2000") == "1000 1000");
    eventually("its rows are PostgreSQL's",
               [&] { return times_logged("a trigger of the target") == 1; });

    deployment.query("DROP TRIGGER mark ON stored");
    eventually("its rows are computed again", [&] { return times_logged(computed) == 2; });
    deployment.send(0, sales(4001));
    deployment.arrive();
    CHECK(
        deployment.value("SELECT count(*) || ' ' || count(*) FILTER (WHERE store = 'marked') FROM "
                         "stored") == "3000 1000");
}
