// The changes of a table become records of a topic: each once, in the order of the commits.
#include <csignal>
#include <set>

#include "changefeed_cases.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using codec::Json;
using testing::await_changes;
using testing::Change;
using testing::Changefeed;
using testing::changes_in;
using testing::eventually;
using testing::ops;
using testing::remains;

TEST_CASE("A snapshot comes first, and then every change in the order of the commits") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    site.query("INSERT INTO products VALUES (1, 'tea', 1.50), (2, NULL, NULL), (3, 'salt', 3)");
    const Changefeed feed(site);
    feed.await_ready();
    site.query("INSERT INTO products VALUES (4, 'rice', 4)");
    site.query("UPDATE products SET name = 'green tea' WHERE id = 1");
    site.query("DELETE FROM products WHERE id = 2");
    site.query("UPDATE products SET id = 30 WHERE id = 3");
    site.query("TRUNCATE products");
    const auto changes = await_changes(site, 11);
    CHECK(ops(changes) == "r r r c u d tombstone d tombstone c t");
    CHECK(changes[0].key == R"({"id":1})");
    CHECK(changes[0].in("after", "price").string() == "1.50");
    CHECK(changes[0].in("source", "snapshot").string() == "first");
    CHECK(changes[1].in("after", "name").is_null());
    CHECK(changes[2].in("source", "snapshot").string() == "last");
    CHECK(changes[3].in("source", "snapshot").string() == "false");
    CHECK(changes[4].in("after", "name").string() == "green tea");
    CHECK(changes[4].value.find("before")->is_null());
    CHECK(changes[5].in("before", "id").integer() == 2);
    CHECK(changes[6].key == R"({"id":2})");
    CHECK(changes[9].key == R"({"id":30})");
    CHECK(changes[10].key.empty());
    for (std::size_t i = 4; i < changes.size(); ++i)
        if (changes[i].op() != "tombstone" && changes[i - 1].op() != "tombstone")
            CHECK(changes[i].in("source", "lsn").integer() >=
                  changes[i - 1].in("source", "lsn").integer());
    CHECK_THAT(feed.metrics(),
               ContainsSubstring("tidewheel_changefeed_records_total{stream=\"changes\"} 11"));
}

TEST_CASE("The records of a changefeed are a stream like any other") {
    const testing::Deployment site;
    testing::require_applied(
        site, testing::changes_of_products +
                  "CREATE TABLE copies (id bigint PRIMARY KEY, name text);"
                  "INSERT INTO copies SELECT id, name FROM changes WHERE op IN ('c', 'r', 'u') "
                  "ON CONFLICT (id) DO UPDATE SET name = excluded.name;");
    site.query("INSERT INTO products VALUES (1, 'tea'), (2, 'salt')");
    const Changefeed feed(site);
    feed.await_ready();
    site.query("UPDATE products SET name = 'green tea' WHERE id = 1");
    site.query("DELETE FROM products WHERE id = 2");
    await_changes(site, 5);
    const auto worker = site.start("tidewheel-worker");
    site.arrive();
    CHECK(site.value("SELECT string_agg(name, ' ' ORDER BY id) FROM copies") == "green tea salt");
    CHECK(site.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
}

TEST_CASE("A service that is killed at any moment sends every change once") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    constexpr int rows = 20, rounds = 300, kills = 5;
    site.query("INSERT INTO products SELECT n, '0' FROM generate_series(1, 20) n");
    auto feed = std::make_unique<Changefeed>(site);
    feed->await_ready();
    for (int round = 1; round <= rounds; ++round) {
        site.query("UPDATE products SET name = $1", {std::to_string(round)});
        if (round % (rounds / kills) == 0) {
            feed->process().signal(SIGKILL);
            feed = std::make_unique<Changefeed>(site);
        }
    }
    const auto changes = await_changes(site, rows * (rounds + 1));
    REQUIRE(changes.size() == rows * (rounds + 1));
    std::map<std::string, int> next;
    for (const Change& each : changes)
        CHECK(each.in("after", "name").string() == std::to_string(next[each.key]++));
}

TEST_CASE("A transaction that is larger than a batch is sent once, whatever is killed on the way") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    constexpr std::size_t rows = 50'000;
    {
        const Changefeed first(site, {"TIDEWHEEL_FAILPOINTS=after_commit=kill@5"});
        first.await_ready();
        site.query("INSERT INTO products SELECT n, 'x' FROM generate_series(1, 50000) n");
        eventually("it is killed after a piece of it", [&] { return !first.process().running(); });
    }
    CHECK(changes_in(site).size() < rows);
    const Changefeed second(site);
    const auto changes = await_changes(site, rows);
    std::set<std::string> keys;
    for (const Change& each : changes)
        keys.insert(each.key);
    CHECK(changes.size() == rows);
    CHECK(keys.size() == rows);
}

TEST_CASE("A snapshot that is interrupted leaves nothing behind, and begins again") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    site.query("INSERT INTO products SELECT n, 'x' FROM generate_series(1, 10000) n");
    for (const char* point : {"after_change=kill", "during_copy=kill@2", "before_commit=kill@2"}) {
        const Changefeed killed(site, {std::string("TIDEWHEEL_FAILPOINTS=") + point});
        eventually("it is killed", [&] { return !killed.process().running(); });
    }
    site.query("UPDATE products SET name = 'y' WHERE id = 1");
    const Changefeed feed(site);
    feed.await_ready();
    site.query("UPDATE products SET name = 'z' WHERE id = 1");
    const auto changes = await_changes(site, 10'001);
    CHECK(changes.size() == 10'001);
    CHECK(changes.back().op() == "u");
    CHECK(changes.back().in("after", "name").string() == "z");
}

TEST_CASE("Another service takes over from one that is frozen, and nothing is sent twice") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    const Changefeed owner(site);
    owner.await_ready();
    const Changefeed standby(site);
    standby.await_ready();
    site.query("INSERT INTO products VALUES (1, 'before')");
    await_changes(site, 1);
    CHECK_FALSE(standby.streams());
    owner.process().signal(SIGSTOP);
    site.query("INSERT INTO products VALUES (2, 'while it is frozen')");
    await_changes(site, 2);
    owner.process().signal(SIGCONT);
    site.query("INSERT INTO products VALUES (3, 'after')");
    eventually("the former owner knows",
               [&] { return testing::occurrences(owner.process().errors(), "are not sent") > 0; });
    site.query("INSERT INTO products VALUES (4, 'at the end')");
    CHECK(ops(await_changes(site, 4)) == "c c c c");
}

TEST_CASE("Columns that are added, types, and values that were not sent again") {
    const testing::Deployment site;
    testing::require_applied(site, R"(
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN amount AS integer CHECK (value >= 0);
CREATE TABLE products (id bigint PRIMARY KEY, a amount, m mood, b boolean, f float8, y bytea,
    d date, t timestamp, z timestamptz, j jsonb, u uuid, l text,
    g bigint GENERATED ALWAYS AS (id * 2) STORED);
CREATE FOREIGN TABLE changes (op text)
    SERVER kafka OPTIONS (topic '{topic}', changes_of 'public.products');
)");
    const std::string row =
        "(5, 'good'::mood, true, 'NaN'::float8, '\\x00ff'::bytea, '2026-01-31'::date, '2026-01-31 "
        "12:00:00.5'::timestamp, '2026-01-31 13:00:00+01'::timestamptz, '{\"a\": 1}'::jsonb, "
        "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, "
        "(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 2000) n))";
    const std::string insert = "INSERT INTO products (id, a, m, b, f, y, d, t, z, j, u, l) SELECT ";
    site.query(insert + "1, r.* FROM (VALUES " + row + ") r(a, m, b, f, y, d, t, z, j, u, l)" + "");
    const Changefeed feed(site);
    feed.await_ready();
    site.query(insert + "2, a, m, b, f, y, d, t, z, j, u, l FROM products");
    site.query("UPDATE products SET b = false WHERE id = 2");
    site.query("ALTER TABLE products ADD COLUMN note text DEFAULT 'none'");
    site.query("UPDATE products SET a = 6 WHERE id = 2");
    const auto changes = await_changes(site, 4);
    CHECK(ops(changes) == "r c u u");
    for (const std::size_t i : {0U, 1U}) {
        const auto& in = [&](const char* column) { return changes[i].in("after", column); };
        CHECK(in("a").integer() == 5);
        CHECK(in("m").string() == "good");
        CHECK(in("b").boolean());
        CHECK(in("f").string() == "NaN");
        CHECK(in("y").string() == "AP8=");
        CHECK(in("d").integer() == 20484);
        CHECK(in("t").integer() == 1'769'860'800'500'000);
        CHECK(in("z").string() == "2026-01-31T12:00:00.000000Z");
        CHECK(in("j").string() == R"({"a": 1})");
        CHECK(in("l").string().size() == 64'000);
        CHECK(in("g").is_null());
        CHECK(in("note").is_null());
    }
    CHECK(changes[2].in("after", "l").string() == "__debezium_unavailable_value");
    CHECK_FALSE(changes[2].in("after", "b").boolean());
    CHECK(changes[3].in("after", "note").string() == "none");
    CHECK(changes[3].in("after", "a").integer() == 6);
}

TEST_CASE("A table with REPLICA IDENTITY FULL has its old rows, and needs no key") {
    const testing::Deployment site;
    testing::require_applied(site, R"(
CREATE TABLE products (name text, n int);
ALTER TABLE products REPLICA IDENTITY FULL;
CREATE FOREIGN TABLE changes (op text)
    SERVER kafka OPTIONS (topic '{topic}', partitions '3', changes_of 'public.products');
)");
    const Changefeed feed(site);
    feed.await_ready();
    site.query("INSERT INTO products VALUES ('tea', 1), ('tea', 1)");
    site.query("UPDATE products SET n = 2");
    site.query("DELETE FROM products");
    const auto changes = await_changes(site, 6);
    CHECK(ops(changes) == "c c u u d d");
    CHECK(changes[2].in("before", "n").integer() == 1);
    CHECK(changes[5].in("before", "n").integer() == 2);
    for (const Change& each : changes) {
        CHECK(each.key.empty());
        CHECK(each.partition == 0);
    }
}

TEST_CASE("A snapshot and the changes after it make the table, while others write to it") {
    const testing::Deployment site;
    testing::require_applied(site, testing::changes_of_products);
    site.query("INSERT INTO products SELECT n, '0' FROM generate_series(1, 5000) n");
    const Changefeed feed(site);
    for (int round = 1; round <= 100 || !feed.streams(); ++round) {
        site.query("UPDATE products SET name = $1 WHERE id % 50 = $2::int % 50",
                   {std::to_string(round), std::to_string(round)});
        site.query("DELETE FROM products WHERE id = $1::int", {std::to_string(round)});
        site.query("INSERT INTO products VALUES ($1::int, 'new')", {std::to_string(round + 9999)});
    }
    site.query("INSERT INTO products VALUES (0, 'the last one')");
    std::map<std::string, std::string> rows;
    eventually("the last change is there", [&] {
        const auto changes = changes_in(site);
        return !changes.empty() && changes.back().key == R"({"id":0})";
    });
    for (const Change& each : changes_in(site)) {
        if (each.op() == "tombstone") continue;
        if (each.op() == "d")
            CHECK(rows.erase(each.key) == 1);
        else
            rows[each.key] = each.in("after", "name").string();
    }
    const auto table = site.query("SELECT id, name FROM products");
    CHECK(rows.size() == table.size());
    for (const auto& row : table)
        CHECK(rows[R"({"id":)" + row.text(0) + "}"] == row.text(1));
}

TEST_CASE("Tables whose changes can't be followed are refused, with what to do") {
    const testing::Deployment site;
    const auto declared = [](const std::string& table, const std::string& options) {
        return table +
               ";CREATE FOREIGN TABLE changes (op text) SERVER kafka OPTIONS (topic "
               "'{topic}', changes_of " +
               options + ");";
    };
    const std::vector<std::pair<std::string, std::string>> cases = {
        {declared("CREATE TABLE t (id int)", "'public.t'"), "REPLICA IDENTITY FULL"},
        {declared("CREATE TABLE t (id int PRIMARY KEY)", "'public.missing'"), "does not exist"},
        {declared("CREATE UNLOGGED TABLE t (id int PRIMARY KEY)", "'public.t'"),
         "not an ordinary table"},
        {declared("CREATE TABLE t (id int PRIMARY KEY) PARTITION BY HASH (id)", "'public.t'"),
         "not an ordinary table"},
        {declared("CREATE TABLE t (id int PRIMARY KEY)", "'t'"), "is not a table with its schema"},
        {declared("CREATE TABLE t (id int PRIMARY KEY)", "'public.t', ingress '/t'"),
         "both changes_of and ingress"}};
    for (const auto& [sql, said] : cases) {
        const auto refused = site.apply(sql);
        INFO(sql);
        CHECK(refused.status == 3);
        CHECK_THAT(refused.errors, ContainsSubstring(said));
    }
    CHECK(remains(site) == "0 0");
}
