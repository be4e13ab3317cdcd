#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/migrations.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace tidewheel::catalogue;
using tidewheel::Error;
using tidewheel::catalogue::Catalogue;
using tidewheel::engine::ColumnOrigin;
using tidewheel::engine::Kind;
using tidewheel::postgres::Connection;
using tidewheel::postgres::Transaction;
using tidewheel::testing::TemporaryDatabase;
namespace sql = tidewheel::sql;

namespace {

template <class Action>
Error failure_of(Action&& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    throw std::logic_error("nothing was thrown");
}

sql::Stream stream_of(std::vector<std::string> columns) {
    sql::Stream stream;
    stream.name = {"public", "s"};
    for (std::string& column : columns) {
        sql::StreamColumn declared;
        declared.path = {column};
        declared.name = std::move(column);
        stream.columns.push_back(std::move(declared));
    }
    return stream;
}

// The stream's columns as PostgreSQL resolves them, when public.s is made with this body.
tidewheel::engine::Schema resolved(Connection& connection, const std::string& body,
                                   const sql::Stream& stream) {
    Transaction transaction(connection);
    transaction.run("CREATE TABLE public.s (" + body + ")");
    return resolve_schema(transaction, stream);
}

}  // namespace

TEST_CASE("PostgreSQL's types become the engine's kinds") {
    TemporaryDatabase database;
    Connection connection(database.url());
    const std::pair<const char*, Kind> expected[] = {
        {"boolean", Kind::boolean},
        {"smallint", Kind::int16},
        {"integer", Kind::int32},
        {"bigint", Kind::int64},
        {"real", Kind::float32},
        {"double precision", Kind::float64},
        {"numeric(10,2)", Kind::numeric},
        {"text", Kind::text},
        {"character varying(20)", Kind::varchar},
        {"uuid", Kind::uuid},
        {"date", Kind::date},
        {"time without time zone", Kind::time},
        {"timestamp(3) without time zone", Kind::timestamp},
        {"timestamp with time zone", Kind::timestamptz},
        {"json", Kind::json},
        {"jsonb", Kind::jsonb},
        {"time with time zone", Kind::other},
        {"character(3)", Kind::other},
        {"bytea", Kind::other},
        {"inet", Kind::other},
        {"interval", Kind::other},
        {"integer[]", Kind::other},
        {"public.mood", Kind::other},
        {"public.positive", Kind::other},
        {"public.pair", Kind::other},
    };
    connection.query("CREATE TYPE public.mood AS ENUM ('good', 'bad')");
    connection.query("CREATE DOMAIN public.positive AS integer CHECK (VALUE > 0)");
    connection.query("CREATE TYPE public.pair AS (a int, b int)");
    std::string body;
    std::vector<std::string> names;
    for (const auto& [type, kind] : expected) {
        names.push_back("c" + std::to_string(names.size()));
        body += (body.empty() ? "" : ", ") + names.back() + " " + type;
    }
    const auto schema = resolved(connection, body, stream_of(names));
    REQUIRE(schema.columns.size() == std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        INFO(expected[i].first);
        CHECK(schema.columns[i].type.kind == expected[i].second);
        CHECK(schema.columns[i].type.sql == expected[i].first);
        CHECK_FALSE(schema.columns[i].not_null);
        CHECK(schema.needed[i]);
    }
    CHECK(numeric_limit(schema.columns[6].type)->scale == 2);
    CHECK(length_limit(schema.columns[8].type) == 20);
    CHECK(schema.event_time == -1);
    CHECK(schema.route.column == -1);
}

TEST_CASE("the options of the DDL are joined to the columns") {
    TemporaryDatabase database;
    Connection connection(database.url());
    sql::Stream stream = stream_of({"Kind of", "at", "source"});
    stream.columns[1].path = {"meta", "at"};
    stream.columns[2].source = ColumnOrigin::header;
    stream.columns[2].header = "x-source";
    stream.event_time = "at";
    stream.route = "Kind of";
    stream.rules = {{"sale", {1, 3}}};
    const auto schema =
        resolved(connection, "\"Kind of\" text NOT NULL, at timestamptz, source text", stream);
    CHECK(schema.columns[0].not_null);
    CHECK(schema.columns[1].path == std::vector<std::string>{"meta", "at"});
    CHECK(schema.columns[2].source == ColumnOrigin::header);
    CHECK(schema.columns[2].header == "x-source");
    CHECK(schema.event_time == 1);
    CHECK(schema.route.column == 0);
    REQUIRE(schema.route.partitions_of("sale") != nullptr);
    CHECK(*schema.route.partitions_of("sale") == std::vector<int>{1, 3});
}

TEST_CASE("a DEFAULT becomes the JSON value of its column") {
    TemporaryDatabase database;
    Connection connection(database.url());
    connection.query(
        "CREATE FUNCTION public.seven() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 7'");
    const auto schema = resolved(
        connection,
        "a numeric(10,2) DEFAULT 1.5, b text DEFAULT 'it''s ' || upper('x'), c date DEFAULT "
        "'2025-02-03',"
        "d boolean DEFAULT false, e jsonb DEFAULT '{\"k\": [1]}', f int DEFAULT public.seven() + "
        "1, g text,"
        "h text DEFAULT NULL, i timestamptz DEFAULT '2025-01-01 12:00+02', j int[] DEFAULT '{1,2}'",
        stream_of({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}));
    const auto fallback = [&](std::size_t column) {
        return schema.columns[column].fallback.value_or("none");
    };
    CHECK(fallback(0) == "1.50");
    CHECK(fallback(1) == "\"it's X\"");
    CHECK(fallback(2) == "\"2025-02-03\"");
    CHECK(fallback(3) == "false");
    CHECK(fallback(4) == "{\"k\": [1]}");
    CHECK(fallback(5) == "8");
    CHECK(fallback(6) == "none");
    CHECK(fallback(7) == "none");
    CHECK(fallback(8) == "\"2025-01-01T10:00:00+00:00\"");
    CHECK(fallback(9) == "[1, 2]");
}

TEST_CASE("a DEFAULT that is not immutable is refused by the name of its column") {
    TemporaryDatabase database;
    Connection connection(database.url());
    for (const char* fallback :
         {"timestamptz DEFAULT now()", "date DEFAULT CURRENT_DATE", "float8 DEFAULT 1 + random()",
          "uuid DEFAULT gen_random_uuid()", "timestamptz DEFAULT ('no' || 'w')::timestamptz",
          "int DEFAULT extract(hour FROM clock_timestamp())::int", "text DEFAULT CURRENT_USER",
          "bigserial"}) {
        INFO(fallback);
        const Error error = failure_of([&] {
            resolved(connection, "a int, late " + std::string(fallback), stream_of({"a", "late"}));
        });
        CHECK(error.kind() == Error::Kind::pipeline);
        CHECK_THAT(error.what(),
                   ContainsSubstring("column late") && ContainsSubstring("immutable"));
        CHECK_FALSE(error.hint().empty());
    }
}

TEST_CASE("what can't be a stream column is refused by name") {
    TemporaryDatabase database;
    Connection connection(database.url());
    const auto refusal = [&](const std::string& body, const sql::Stream& stream) {
        return failure_of([&] { resolved(connection, body, stream); });
    };
    CHECK_THAT(
        refusal("a int, b int GENERATED ALWAYS AS (a + 1) STORED", stream_of({"a", "b"})).what(),
        ContainsSubstring("column b") && ContainsSubstring("generated"));
    CHECK_THAT(refusal("a int, b int GENERATED ALWAYS AS IDENTITY", stream_of({"a", "b"})).what(),
               ContainsSubstring("column b") && ContainsSubstring("generated"));
    CHECK_THAT(refusal("a int DEFAULT 1 / 0", stream_of({"a"})).what(),
               ContainsSubstring("column a") && ContainsSubstring("division by zero"));
    CHECK_THAT(refusal("a int, extra int", stream_of({"a"})).what(), ContainsSubstring("extra"));
    CHECK_THAT(refusal("a int", stream_of({"a", "lost"})).what(), ContainsSubstring("lost"));
    sql::Stream late = stream_of({"a"});
    late.event_time = "a";
    CHECK_THAT(refusal("a int", late).what(),
               ContainsSubstring("event time") && ContainsSubstring("integer"));
    Transaction transaction(connection);
    CHECK(failure_of([&] { resolve_schema(transaction, stream_of({"a"})); }).kind() ==
          Error::Kind::refused);
}

TEST_CASE("checks come with PostgreSQL's expression and the column that they are about") {
    TemporaryDatabase database;
    Connection connection(database.url());
    connection.query(
        "CREATE FUNCTION public.fine(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 <> "
        "3'");
    Transaction transaction(connection);
    transaction.run(
        "CREATE TABLE s (a int CHECK (a > 0), b int CHECK (fine(b)), CONSTRAINT ordered CHECK (a < "
        "b), CHECK (length('x') = 1))");
    const auto checks = resolve_checks(transaction, {"public", "s"});
    REQUIRE(checks.size() == 4);
    CHECK(checks[0].name == "ordered");
    CHECK(checks[0].expression == "(a < b)");
    CHECK(checks[0].column.empty());
    CHECK(checks[1].name == "s_a_check");
    CHECK(checks[1].expression == "(a > 0)");
    CHECK(checks[1].column == "a");
    // Qualified, independent of the search path where it is used.
    CHECK(checks[2].expression == "public.fine(b)");
    CHECK(checks[3].column.empty());
    CHECK(transaction.query("SHOW search_path").front().text(0) == "\"$user\", public");
}

TEST_CASE("a database without a catalogue, or with an older or newer one, is refused") {
    TemporaryDatabase database;
    Connection connection(database.url());
    CHECK_THAT(failure_of([&] { load_catalogue(connection); }).hint(),
               ContainsSubstring("tidewheel init"));
    CHECK_THAT(failure_of([&] { catalogue_version(connection); }).hint(),
               ContainsSubstring("tidewheel init"));
    {
        Transaction transaction(connection);
        tidewheel::catalogue::migrate(transaction);
        transaction.commit();
    }
    CHECK(load_catalogue(connection).version == catalogue_version(connection));
    connection.query("INSERT INTO tidewheel.migrations VALUES (9999, 'of the future')");
    CHECK(failure_of([&] { load_catalogue(connection); }).kind() == Error::Kind::refused);
    connection.query("DELETE FROM tidewheel.migrations");
    CHECK(failure_of([&] { load_catalogue(connection); }).kind() == Error::Kind::refused);
}

TEST_CASE("what was applied is loaded with the names that it meant then") {
    TemporaryDatabase database;
    Connection connection(database.url());
    {
        Transaction transaction(connection);
        tidewheel::catalogue::migrate(transaction);
        transaction.run(R"(
            CREATE SCHEMA shop;
            CREATE TABLE shop.events (id int NOT NULL CHECK (id > 0), at timestamptz);
            INSERT INTO tidewheel.streams (schema_name, name, topic, partitions, is_foreign, text, fingerprint, file, line)
            VALUES ('shop', 'events', 'events', 2, false,
                    'CREATE FOREIGN TABLE events (id int NOT NULL CHECK (id > 0), at timestamptz) SERVER kafka
                     OPTIONS (topic ''events'', partitions ''2'', event_time ''at'')', 'f1', 'p.sql', 1);
            INSERT INTO tidewheel.statements (name, kind, stream_id, target_schema, target_name, state_table, search_path,
                                              text, fingerprint, file, line, resolved)
            VALUES ('copies', 'rows', 1, 'shop', 'copies', NULL, 'shop, public, pg_temp',
                    'INSERT INTO copies SELECT id FROM events', 'f2', 'p.sql', 7,
                    'INSERT INTO shop.copies SELECT events.id FROM shop.events'),
                   ('daily', 'view', 1, 'shop', 'daily', 'shop.daily_state', 'shop, public, pg_temp',
                    'CREATE MATERIALIZED VIEW daily AS SELECT date_trunc(''day'', at) AS day, count(*) AS n FROM events GROUP BY 1',
                    'f3', 'p.sql', 9, NULL))");
        transaction.commit();
    }
    const Catalogue catalogue = load_catalogue(connection);
    REQUIRE(catalogue.streams.size() == 1);
    const auto& events = catalogue.streams[0];
    CHECK(events.stream.name == sql::RelationName{"shop", "events"});
    CHECK_FALSE(events.is_foreign);
    CHECK(events.schema.columns[0].type.kind == Kind::int32);
    CHECK(events.schema.event_time == 1);
    REQUIRE(events.checks.size() == 1);
    CHECK(events.checks[0].column == "id");
    CHECK(&catalogue.stream(events.id) == &events);

    const auto* copies = catalogue.find_statement("copies");
    REQUIRE(copies != nullptr);
    CHECK(std::get<sql::RowStatement>(copies->statement.body).target ==
          sql::RelationName{"shop", "copies"});
    CHECK(copies->statement.stream == events.stream.name);
    CHECK(copies->statement.position.line == 7);
    CHECK(copies->search_path == "shop, public, pg_temp");
    CHECK(copies->statement.text == "INSERT INTO copies SELECT id FROM events");
    CHECK(copies->state_table.empty());
    const auto* daily = catalogue.find_statement("daily");
    REQUIRE(daily != nullptr);
    CHECK(std::get<sql::ViewStatement>(daily->statement.body).name ==
          sql::RelationName{"shop", "daily"});
    CHECK(daily->state_table == "shop.daily_state");
    CHECK(catalogue.find_statement("none") == nullptr);
}
