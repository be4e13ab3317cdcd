// When a plan is made, PostgreSQL computes a few rows, too. What differs is in tests/weakened.
#include "native_batches.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

const std::string stream = R"(
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE FOREIGN TABLE things (
    b boolean, s smallint, i integer NOT NULL, l bigint, r real, d double precision, n numeric,
    p numeric(10,2), q numeric(3,3), t text COLLATE "C", t2 text, v varchar(3), u uuid, day date, c time, c0 time(0),
    ts timestamp, ts3 timestamp(3), tz timestamptz, tz0 timestamptz(0), j json, jb jsonb, mood mood,
    "fields" integer, "E""'d\" text)";
const std::string options = ") SERVER kafka OPTIONS (topic '{topic}', partitions '1');\n";

}  // namespace

TEST_CASE("what the engine computes of every type passes the self-check") {
    Deployment deployment;
    require_applied(deployment.apply(stream + R"(,
    CHECK (i < 1000000), CHECK (n BETWEEN -5.5 AND 1e30), CHECK (t LIKE 'a%' OR t IS NULL),
    CHECK ((r > 0) IS NOT TRUE OR d <= 1.5)
)" + options + R"(
CREATE TABLE stored (b boolean, s smallint, i integer, l bigint, r real, d double precision, n numeric, p numeric(10,2),
    q numeric, t text, u uuid, day date, c time, ts timestamp, tz timestamptz, jb jsonb, at timestamptz);
INSERT INTO stored SELECT NOT b, s + 1::smallint, i % 7, l * 3, COALESCE(r, r), d / 3, n * p - 0.50, p + 1, q * 100,
    CASE WHEN t2 = 'Zürich' THEN t ELSE v END, NULLIF(u, u), tz::date, COALESCE(c, c0), date_trunc('week', ts3),
    date_trunc('quarter', tz0), jb, now() FROM things
    WHERE "E""'d\" IN ('x', 'y', '"{,}') OR "fields" = 3 OR extract(doy FROM ts) > 59 OR v <> 'ab' OR q = 0.5 OR c < c0;
CREATE MATERIALIZED VIEW counted AS SELECT date_trunc('day', tz) AS day, t, l % 3 AS third, p, count(*) AS n,
    count(d) FILTER (WHERE d < 7) AS a1, sum(s) AS a2, sum(i) AS a3, sum(l) AS a4, sum(n) FILTER (WHERE n < 1e9) AS a5,
    sum(round(p * 2.5, 1)) AS a6, min(t) AS a7, max(n) AS a8, min(d) AS a9, max(r) AS a10, max(ts) AS a11, min(c) AS a12,
    max(day) AS a13, bool_and(b) AS a14, bool_or(i > 5) AS a15
    FROM things WHERE s IS DISTINCT FROM 4::smallint GROUP BY 1, 2, 3, 4;
)"));
    const NativeBatches batches(deployment, executor::StatementKind::all);
    CHECK(batches.rows("stored").reason == "");
    CHECK(batches.view("counted").reason == "");
    CHECK(batches.plan().native_rules.reason == "type public.mood");
}

TEST_CASE("CHECKs over every type that the engine holds pass the self-check") {
    Deployment deployment;
    require_applied(deployment.apply(R"(
CREATE FOREIGN TABLE things (
    b boolean CHECK (b IS NOT FALSE), s smallint CHECK (s <> 3), i integer NOT NULL CHECK (i < 1000000),
    l bigint CHECK (l >= 0), r real CHECK (r > 0), d double precision CHECK (d <> 0), n numeric CHECK (n * 2 < 1e30),
    t text COLLATE "C" CHECK (t LIKE 'a%' OR t = 'm'), v varchar(3) CHECK (v IN ('a', 'ab')), u uuid CHECK (u = u),
    day date CHECK (day = day), c time CHECK (c = c), ts timestamp CHECK (extract(year FROM ts) > 1999),
    tz timestamptz CHECK (tz IS NOT NULL)) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE stored (i integer);
INSERT INTO stored SELECT i FROM things;
)"));
    const NativeBatches batches(deployment, executor::StatementKind::rows);
    CHECK(batches.plan().native_rules.reason == "");
    CHECK(batches.rows("stored").reason == "");
}
