#include "parse.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using namespace tidewheel::sql::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<Diagnostic> diagnostics_of(const std::string& text) {
    try {
        parse_pipeline(text, "p.sql");
    } catch (const PipelineError& error) {
        return error.diagnostics();
    }
    return {};
}

std::string fingerprint(const std::string& text) {
    return last(text).fingerprint;
}

std::vector<int> partitions(const std::string& where) {
    const auto pipeline = parse("INSERT INTO t SELECT * FROM events e WHERE " + where);
    return partitions_read(pipeline.statements[1], std::get<Stream>(pipeline.statements[0].body));
}

}  // namespace

TEST_CASE("A syntax error is shown with its line, a caret, and characters counted, not bytes") {
    const auto diagnostics = diagnostics_of("-- größer\n\n\tSELECT 'ü' FRM x");
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics[0].text() ==
          "p.sql:3:17: error: syntax error at or near \"x\"\n"
          "    3 | \tSELECT 'ü' FRM x\n"
          "      | \t               ^");
}

TEST_CASE("All errors of a file are reported, in the order of the file") {
    const auto diagnostics = diagnostics_of(
        "CREATE TABLE a (b int;\nDROP TABLE x;\nCREATE FOREIGN TABLE s (a int) SERVER kafka "
        "OPTIONS (topik 'x', "
        "partitions 'y');\nINSERT INTO t SELECT count(*) FROM s;\nSELECT 'open");
    std::vector<int> lines;
    for (const auto& diagnostic : diagnostics)
        lines.push_back(diagnostic.position.line);
    CHECK(lines == std::vector<int>{1, 2, 3, 3, 3, 4, 5});
}

TEST_CASE("Statements are cut at their semicolons and keep their own text") {
    const auto pipeline = parse_pipeline(
        "/* ; */ CREATE TABLE a (b text DEFAULT ';'); -- x;\n;;\nCREATE FUNCTION f() RETURNS int "
        "LANGUAGE sql "
        "BEGIN ATOMIC SELECT 1; SELECT 2; END;\n\n  CREATE TABLE c (d int)  -- no semicolon",
        "p.sql");
    REQUIRE(pipeline.statements.size() == 3);
    CHECK(pipeline.statements[0].text == "CREATE TABLE a (b text DEFAULT ';')");
    CHECK(pipeline.statements[0].position.column == 9);
    CHECK(pipeline.statements[2].text == "CREATE TABLE c (d int)");
    CHECK(pipeline.statements[2].position.line == 5);
    CHECK(pipeline.statements[2].position.column == 3);
}

TEST_CASE("A comment right above a statement names it") {
    const auto pipeline = parse(
        "-- name: first\nINSERT INTO t SELECT * FROM events;\n-- name: far\n\nINSERT INTO t SELECT "
        "* FROM events");
    CHECK(pipeline.statements[1].name == "first");
    CHECK(pipeline.statements[2].name == "t");
}

TEST_CASE("Two statements with one name are refused") {
    const auto error =
        error_of("INSERT INTO t SELECT * FROM events;\nINSERT INTO t SELECT id FROM events");
    CHECK_THAT(error,
               ContainsSubstring(
                   "p.sql:3:1: error: two statements are named t: the first is at p.sql:2:1"));
    CHECK_THAT(error, ContainsSubstring("-- name: …"));
}

TEST_CASE("White space, comments and case don't change a fingerprint, a constant does") {
    const std::string insert = "INSERT INTO t SELECT id FROM events WHERE qty > 1";
    CHECK(fingerprint(insert) ==
          fingerprint("insert  into T\n select ID from Events -- x\n where qty>1;"));
    CHECK(fingerprint(insert) != fingerprint("INSERT INTO t SELECT id FROM events WHERE qty > 2"));
    CHECK(fingerprint("COMMENT ON TABLE t IS 'a'") != fingerprint("COMMENT ON TABLE t IS 'A'"));
    CHECK(fingerprint("CREATE TABLE \"A\" (b int)") != fingerprint("CREATE TABLE \"a\" (b int)"));
}

TEST_CASE("WHERE pins the partitions that a statement reads") {
    using Partitions = std::vector<int>;
    CHECK(partitions("kind = 'sale'") == Partitions{1, 3});
    CHECK(partitions("'sale' = e.kind AND qty > 1") == Partitions{1, 3});
    CHECK(partitions("kind = 'sale'::text") == Partitions{1, 3});
    CHECK(partitions("kind IN ('sale', 'stock')") == Partitions{0, 1, 2, 3});
    CHECK(partitions("kind = ANY (ARRAY['stock'])") == Partitions{0, 2});
    CHECK(partitions("kind IN ('sale', 'stock') AND (qty > 1 AND kind = 'stock')") ==
          Partitions{0, 2});
    CHECK(partitions("kind = 'sale' AND kind = 'stock'") == Partitions{});
    const Partitions all = {0, 1, 2, 3};
    CHECK(partitions("kind = 'unknown'") == all);
    CHECK(partitions("kind = 'sale' OR qty > 1") == all);
    CHECK(partitions("kind <> 'sale'") == all);
    CHECK(partitions("NOT kind = 'sale'") == all);
    CHECK(partitions("kind NOT IN ('sale')") == all);
    CHECK(partitions("kind = upper('sale')") == all);
    CHECK(partitions("other.kind = 'sale'") == all);
}

TEST_CASE("A column whose equal values are written in several ways pins nothing") {
    const auto statement = parse_pipeline(
        "CREATE FOREIGN TABLE s (n numeric) SERVER kafka OPTIONS (topic 'x', partitions '2', route "
        "'n', route_1 '0'); INSERT INTO t SELECT n FROM s WHERE n = 1",
        "p.sql");
    CHECK_FALSE(statement.statements[1].route_values);
}

TEST_CASE(
    "A statement stays pinned as PostgreSQL writes it out, and no operator but its own pins") {
    const auto pinned = [](const std::string& where) {
        return parse_pipeline(
                   "CREATE FOREIGN TABLE s (v varchar(9)) SERVER kafka OPTIONS (topic "
                   "'x', partitions '2', route 'v', route_a '0', route_b '1'); INSERT "
                   "INTO t SELECT v FROM s WHERE " +
                       where,
                   "p.sql")
            .statements[1]
            .route_values;
    };
    using Values = std::vector<std::string>;
    CHECK(pinned("((s.v)::text = 'a'::text)") == Values{"a"});
    CHECK(pinned("((s.v)::text = ANY ((ARRAY['a'::character varying, 'b'::character "
                 "varying])::text[]))") == Values{"a", "b"});
    CHECK_FALSE(pinned("((s.v)::character varying(1) = 'a'::text)"));
    CHECK_FALSE(pinned("(v OPERATOR(own.=) 'a'::text)"));
}

TEST_CASE("A name means what PostgreSQL finds along the search path") {
    const std::string raw =
        "CREATE FOREIGN TABLE raw.shop (id int) SERVER kafka OPTIONS (topic 'x', partitions "
        "'1');\n";
    const Scope both{{"public", "raw"}, {}};
    const auto read = [&](const std::string& text, const Scope& scope) {
        return parse_pipeline(raw + text, "p.sql", {}, scope).statements.back();
    };
    CHECK(read("INSERT INTO t SELECT id FROM shop", both).stream == RelationName{"raw", "shop"});
    // The table is found first: made by the file, or there already.
    for (const std::string made : {"CREATE TABLE shop (id int);\n", ""}) {
        Scope scope = both;
        if (made.empty())
            scope.exists = [](const RelationName& name) {
                return name == RelationName{"public", "shop"};
            };
        try {
            read(made + "CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM shop", scope);
            FAIL("taken");
        } catch (const PipelineError& error) {
            CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring(
                                         "the view v reads no stream: shop means public.shop, not "
                                         "stream raw.shop"));
        }
        CHECK(read(made + "INSERT INTO shop SELECT id FROM raw.shop", scope).stream ==
              RelationName{"raw", "shop"});
        CHECK(read(made + "INSERT INTO t SELECT s.id FROM raw.shop s JOIN shop ON shop.id = s.id",
                   scope)
                  .stream == RelationName{"raw", "shop"});
    }
    CHECK_THROWS_WITH(
        read("CREATE MATERIALIZED VIEW v AS SELECT count(*) FROM shop", {{"public"}, {}}),
        Catch::Matchers::ContainsSubstring("table or stream shop does not exist") &&
            Catch::Matchers::ContainsSubstring("Did you mean stream raw.shop?"));
}

TEST_CASE("A label says the schema, but for public") {
    CHECK(label({"public", "v"}) == "v");
    CHECK(label({"a", "v"}) == "a.v");
    for (const RelationName& name : {RelationName{"public", "a.v"}, RelationName{"a.b", "c\"d"},
                                     RelationName{"a", "b.c"}, RelationName{"public", "x"}})
        CHECK(name_of(label(name)) == name);
    CHECK(last("-- name: v1.load\nINSERT INTO t SELECT id FROM events").name == "\"v1.load\"");
    const Scope tenant{{"a", "public"}, {}};
    const auto names = [&](const std::string& text) {
        return parse_pipeline(stream_ddl + text, "p.sql", {}, tenant).statements.back().name;
    };
    CHECK(names("INSERT INTO t SELECT id FROM events") == "a.t");
    CHECK(names("INSERT INTO public.t SELECT id FROM events") == "t");
    CHECK(names("-- name: x\nINSERT INTO public.t SELECT id FROM events") == "a.x");
    CHECK(names("GRANT SELECT ON events TO x") == "GRANT select ON a.events TO x");
    CHECK(names("COMMENT ON COLUMN events.id IS 'x'") == "COMMENT ON COLUMN a.events.id");
    CHECK(names("CREATE INDEX i ON public.t (id)") == "INDEX i");
    const auto relation = [&](const std::string& text) {
        const auto pipeline = parse_pipeline(text, "p.sql", {}, tenant);
        return std::get<PlainStatement>(pipeline.statements.back().body).relation;
    };
    CHECK(relation("CREATE TABLE t (id int); CREATE INDEX i ON t (id)") == RelationName{"a", "i"});
    CHECK(relation("CREATE INDEX i ON public.t (id)") == RelationName{"public", "i"});
}

TEST_CASE("A name without its schema is found where it is the only one, or along the path") {
    const std::vector<std::string> labels{"totals", "a.totals", "b.totals", "a.only", "b.x", "c.x"};
    CHECK(find_label(labels, "only", {}) == "a.only");
    CHECK(find_label(labels, "a.totals", {"public"}) == "a.totals");
    CHECK(find_label(labels, "public.totals", {"a"}) == "totals");
    CHECK(find_label(labels, "totals", {"b", "public"}) == "b.totals");
    CHECK(find_label(labels, "none", {"public"}) == "");
    CHECK_THROWS_WITH(find_label(labels, "x", {"public"}),
                      Catch::Matchers::ContainsSubstring("b.x, c.x"));
}

TEST_CASE("A resolved query takes the place of the statement's own") {
    CHECK(query_of("CREATE MATERIALIZED VIEW v (n) AS SELECT count(*) FROM s") ==
          "SELECT count(*) FROM s");
    CHECK(with_resolved("CREATE MATERIALIZED VIEW v (n) AS SELECT count(*) FROM s",
                        " SELECT count(*) AS count FROM raw.s;", {"a", "v"}) ==
          "CREATE MATERIALIZED VIEW a.v(n) AS SELECT count(*) AS count FROM raw.s");
    const std::string resolved = "INSERT INTO a.t (id) SELECT s.id FROM raw.s";
    CHECK(with_resolved("INSERT INTO t SELECT id FROM s", resolved, {}) ==
          "INSERT INTO a.t SELECT s.id FROM raw.s");
    CHECK(with_resolved("INSERT INTO t (id) SELECT id FROM s", resolved, {}) == resolved);
}

TEST_CASE("A stream from elsewhere may be read, by a schema or without") {
    const auto pipeline = parse("");
    Stream known = std::get<Stream>(pipeline.statements[0].body);
    known.name.schema = "app";
    for (const std::string name : {"events", "app.events"}) {
        const auto statement =
            parse_statement("INSERT INTO t SELECT id FROM " + name, {known}, {{"app"}, {}});
        CHECK(statement.stream == RelationName{"app", "events"});
    }
    CHECK_THROWS_AS(parse_statement("INSERT INTO t SELECT id FROM other.events", {known}),
                    PipelineError);
}

TEST_CASE("Plain statements are remembered by what they make") {
    struct Case {
        std::string sql, kind, object;
        bool repeatable;
    };
    const std::vector<Case> cases = {
        {"CREATE TABLE app.t (a int)", "CREATE TABLE", "TABLE app.t", false},
        {"CREATE INDEX i ON t (a)", "CREATE INDEX", "INDEX i", false},
        {"CREATE INDEX ON t (a)", "CREATE INDEX", "CREATE INDEX ON t USING btree (a)", false},
        {"CREATE VIEW v AS SELECT 1", "CREATE VIEW", "VIEW v", false},
        {"CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW", "VIEW v", true},
        {"CREATE SCHEMA app", "CREATE SCHEMA", "SCHEMA app", false},
        {"CREATE TYPE app.mood AS ENUM ('a')", "CREATE TYPE", "TYPE app.mood", false},
        {"CREATE TYPE pair AS (a int, b int)", "CREATE TYPE", "TYPE pair", false},
        {"CREATE DOMAIN email AS text", "CREATE DOMAIN", "DOMAIN email", false},
        {"CREATE SEQUENCE s", "CREATE SEQUENCE", "SEQUENCE s", false},
        {"CREATE EXTENSION pg_trgm", "CREATE EXTENSION", "EXTENSION pg_trgm", false},
        {"CREATE ROLE reader", "CREATE ROLE", "ROLE reader", false},
        {"CREATE FUNCTION f(a int, b text DEFAULT '') RETURNS int LANGUAGE sql AS 'select 1'",
         "CREATE FUNCTION", "FUNCTION f(int, text)", false},
        {"COMMENT ON TABLE t IS 'x'", "COMMENT", "COMMENT ON TABLE t", true},
        {"GRANT SELECT ON t TO reader", "GRANT", "GRANT select ON t TO reader", true},
        {"ALTER TABLE t ADD COLUMN b int", "ALTER TABLE", "ALTER TABLE t ADD COLUMN b int", false},
        {"INSERT INTO countries VALUES (1, 'x')", "INSERT … VALUES", "ROWS countries", false},
    };
    for (const auto& each : cases) {
        INFO(each.sql);
        const auto plain = last_as<PlainStatement>(each.sql);
        CHECK(plain.kind == each.kind);
        CHECK(plain.object == each.object);
        CHECK(plain.repeatable == each.repeatable);
    }
}

TEST_CASE("What is not part of a pipeline is refused by name") {
    const std::vector<Refusal> refusals = {
        {"SELECT * FROM events", "SELECT is not part of a pipeline"},
        {"UPDATE t SET a = 1", "UPDATE is not part of a pipeline"},
        {"DELETE FROM t", "DELETE is not part of a pipeline"},
        {"MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
         "this MERGE into t reads no stream"},
        {"TRUNCATE t", "TRUNCATE is not part of a pipeline"},
        {"BEGIN", "transaction control is not part of a pipeline"},
        {"COMMIT", "transaction control is not part of a pipeline"},
        {"COPY t FROM STDIN", "COPY is not part of a pipeline"},
        {"DO $$ BEGIN END $$", "DO is not part of a pipeline"},
        {"SET search_path = x", "SET is not part of a pipeline"},
        {"DROP TABLE t", "run `tidewheel drop`"},
        {"CREATE SERVER kafka FOREIGN DATA WRAPPER x", "`tidewheel init` creates it"},
        {"INSERT INTO t VALUES ((SELECT id FROM events))", "can't read or write stream events"},
        {"INSERT INTO events VALUES (1)", "can't read or write stream events"},
        {"LISTEN x", "LISTEN is not part of a pipeline"},
        {"CREATE VIEW v AS SELECT * FROM events", "CREATE VIEW over stream events"},
        {"CREATE TABLE x AS SELECT * FROM events", "CREATE TABLE AS over stream events"},
        {"ALTER FOREIGN TABLE events ADD COLUMN x int", "over stream events is not supported"},
        {"CREATE INDEX CONCURRENTLY ON t (a)", "CONCURRENTLY can't run in a transaction"},
        {"CREATE TEMP TABLE x (a int)", "a temporary table would not outlive"},
    };
    for (const auto& refusal : refusals) {
        INFO(refusal.sql);
        CHECK_THAT(error_of(refusal.sql), ContainsSubstring(refusal.said));
    }
}

TEST_CASE("A file of rubbish is refused or empty, never a crash") {
    for (const std::string text :
         {"", ";;", "-- only a comment", "/* open", "'", "\"", "$$", "(", ")", "\xff\xfe",
          "SELECT U&'\\00zz'", "CREATE MATERIALIZED VIEW v AS EXECUTE x",
          "INSERT INTO t DEFAULT VALUES", "INSERT INTO t TABLE events",
          "INSERT INTO t VALUES (1) UNION SELECT 1 FROM events"}) {
        INFO(text);
        CHECK_NOTHROW(error_of(text));
    }
    CHECK_THAT(error_of(std::string("CREATE TABLE a (b int);\0DROP", 28)),
               ContainsSubstring("a NUL byte"));
    CHECK_THAT(error_of("CREATE TABLE a (b int); /* open"),
               ContainsSubstring("unterminated /* comment"));
}

TEST_CASE("a name of two words, or none, after -- name: is refused at its place") {
    CHECK_THAT(error_of("-- name: two words\nINSERT INTO t SELECT * FROM events;"),
               ContainsSubstring("p.sql:2:1: error: a statement's name is one word, not \"two "
                                 "words\""));
    CHECK_THAT(error_of("-- a comment\n-- name:\nINSERT INTO t SELECT * FROM events;"),
               ContainsSubstring("p.sql:3:1: error: no name after -- name:"));
    CHECK(last("-- name: one_word  \nINSERT INTO t SELECT * FROM events;").name == "one_word");
    CHECK(last("-- name: far away\n\nINSERT INTO t SELECT * FROM events;").name == "t");
}
