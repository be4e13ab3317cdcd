#include "tidewheel/executor/resolve.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include "tidewheel/executor/stage.hpp"
#include "tidewheel/sql/resolved.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using engine::Expression;
using engine::Kind;
using engine::Unsupported;
using executor::ResolvedView;
using Expressions = std::vector<Expression>;
using Node = Expression::Node;

namespace {

const std::string usual_path = "pg_catalog, public, pg_temp";

const std::string things = R"(
CREATE FOREIGN TABLE things (
    id uuid NOT NULL, kind text, code varchar(10), small smallint, qty integer, total bigint,
    price numeric(10,2), weight real, ratio double precision, is_return boolean, day date,
    clock time, local timestamp, ts timestamptz, doc jsonb, mood public.mood,
    positive public.positive, bytes text COLLATE "C", fuzzy text COLLATE public.fuzzy,
    turkish text COLLATE public.turkish
) SERVER kafka OPTIONS (topic 'things', partitions '1');
)";

// A stream with its stage, in a transaction that is never committed.
class Staged {
  public:
    explicit Staged(const std::string& pipeline = things, const std::string& before = "")
        : connection_(database_.url()), transaction_(connection_) {
        if (pipeline.starts_with(things))
            transaction_.run(
                "CREATE TYPE public.mood AS ENUM ('good', 'bad'); CREATE DOMAIN public.positive AS "
                "integer CHECK (VALUE > 0); CREATE COLLATION public.fuzzy (provider = icu, locale "
                "= 'und-u-ks-level2', deterministic = false); CREATE COLLATION public.turkish "
                "(provider = icu, locale = 'tr')");
        for (const sql::Statement& each : sql::parse_pipeline(pipeline, "p.sql").statements) {
            if (const auto* declared = std::get_if<sql::Stream>(&each.body)) declare(*declared);
            if (std::holds_alternative<sql::ViewStatement>(each.body)) views_.push_back(each);
        }
        run(before);
        run(executor::stage_ddl(stream));
        run("SET LOCAL search_path = " + usual_path);
    }

    void run(const std::string& sql) { transaction_.run(sql); }
    postgres::Rows query(const std::string& sql) { return transaction_.query(sql); }
    postgres::Transaction& transaction() { return transaction_; }

    std::variant<Expressions, Unsupported> resolve(const std::vector<std::string>& expressions,
                                                   const std::string& path = usual_path,
                                                   const std::string& from = "pg_temp.things") {
        return executor::resolve(transaction_, stream, path, expressions, from);
    }
    Expression tree(const std::string& expression, const std::string& path = usual_path) {
        auto result = resolve({expression}, path);
        if (const auto* unsupported = std::get_if<Unsupported>(&result)) FAIL(unsupported->reason);
        return std::get<Expressions>(result).at(0);
    }
    std::string reason(const std::string& expression, const std::string& path = usual_path,
                       const std::string& from = "pg_temp.things") {
        const auto result = resolve({expression}, path, from);
        const auto* unsupported = std::get_if<Unsupported>(&result);
        return unsupported ? unsupported->reason : "";
    }
    std::string text(const Expression& expression) const {
        return sql::text_of(expression, stream.schema);
    }

    // As it is stored, under this search path.
    std::variant<ResolvedView, Unsupported> view(std::size_t number,
                                                 const std::string& path = usual_path) {
        catalogue::StoredStatement stored;
        stored.search_path = path;
        stored.statement = views_.at(number);
        run("SET LOCAL search_path = public");
        const auto& body = std::get<sql::ViewStatement>(stored.statement.body);
        stored.resolution = catalogue::resolve(transaction_, stored.statement, body.name);
        catalogue::adopt(stored, {stream.stream});
        return executor::resolve_view(transaction_, stream, stored);
    }

    catalogue::StoredStream stream;

  private:
    void declare(const sql::Stream& declared) {
        stream.stream = declared;
        stream.stream.name.schema = "public";
        run("SET LOCAL search_path = public");
        run(declared.as_ordinary_table);
        stream.schema = catalogue::resolve_schema(transaction_, stream.stream);
        stream.checks = catalogue::resolve_checks(transaction_, stream.stream.name);
    }

    testing::TemporaryDatabase database_;
    postgres::Connection connection_;
    postgres::Transaction transaction_;
    std::vector<sql::Statement> views_;
};

std::string retail_pipeline() {
    std::ifstream file(TIDEWHEEL_SOURCE_DIR "/pipelines/store_events.sql");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// Every node has a type that PostgreSQL has said.
void check_types(const Expression& expression) {
    CHECK(!expression.type.sql.empty());
    for (const Expression& argument : expression.arguments)
        check_types(argument);
}

}  // namespace

TEST_CASE("The CHECKs of the retail pipeline are resolved") {
    Staged staged(retail_pipeline());
    const auto result = executor::resolve_rules(staged.transaction(), staged.stream);
    const auto& rules = std::get<Expressions>(result);
    REQUIRE(rules.size() == staged.stream.checks.size());
    std::map<std::string, std::string> texts;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        check_types(rules[i]);
        CHECK(rules[i].type.kind == Kind::boolean);
        texts[staged.stream.checks[i].name] = staged.text(rules[i]);
    }
    CHECK(texts["store_events_event_type_check"] ==
          "(event_type OPERATOR(pg_catalog.=) ANY (ARRAY['sale_event'::text, "
          "'inventory_event'::text]))");
    CHECK(texts["store_events_qty_check"] == "(qty OPERATOR(pg_catalog.>) '0'::integer)");
    CHECK(texts["store_events_price_check"] ==
          "(price OPERATOR(pg_catalog.>=) ('0'::integer)::numeric)");
    CHECK(texts["store_events_discount_check"] ==
          "((discount OPERATOR(pg_catalog.>=) ('0'::integer)::numeric) AND (discount "
          "OPERATOR(pg_catalog.<=) ('100'::integer)::numeric))");
}

TEST_CASE("The views of the retail pipeline are resolved") {
    Staged staged(retail_pipeline());
    for (const std::size_t number : {0, 1}) {
        const auto result = staged.view(number);
        const auto& view = std::get<ResolvedView>(result);
        CHECK(staged.text(view.where.value()) ==
              "(event_type OPERATOR(pg_catalog.=) 'sale_event'::text)");
        REQUIRE(view.keys.size() == 2);
        CHECK(staged.text(view.keys[0]) == "pg_catalog.date_trunc('" +
                                               std::string(number == 0 ? "hour" : "day") +
                                               "'::text, ts)");
        CHECK(view.keys[0].type.kind == Kind::timestamptz);
        CHECK(staged.text(view.keys[1]) == "store_id");
        REQUIRE(view.partials.size() == 4);
        CHECK(view.partials[0].function == "count");
        CHECK(!view.partials[0].argument);
        CHECK(view.partials[0].type.kind == Kind::int64);
        CHECK(view.partials[1].function == "sum");
        CHECK(staged.text(view.partials[1].argument.value()) ==
              "(price OPERATOR(pg_catalog.*) (qty)::numeric)");
        CHECK(view.partials[1].type.kind == Kind::numeric);
        CHECK(view.partials[1].type.typmod == -1);
        CHECK(staged.text(view.partials[2].argument.value()) ==
              "(((price OPERATOR(pg_catalog.*) (qty)::numeric) OPERATOR(pg_catalog.*) discount) "
              "OPERATOR(pg_catalog./) ('100'::integer)::numeric)");
        check_types(view.partials[2].argument.value());
        CHECK(staged.text(view.partials[3].filter.value()) == "is_return");
    }
}

TEST_CASE("lower and upper are taken where they map the letters of ASCII as usual") {
    Staged staged;
    for (const std::string function : {"lower", "upper"}) {
        CHECK(staged.reason(function + "(kind)").empty());
        CHECK(staged.reason(function + "(bytes)").empty());
        CHECK(staged.reason(function + "(turkish)") ==
              function + " under collation public.turkish");
    }
}

TEST_CASE("times and intervals are constants as PostgreSQL holds them") {
    Staged staged;
    CHECK(staged.tree("day = date '2000-01-02'").arguments[1].binary == "00000001");
    CHECK(staged.tree("local > '2000-01-01 00:00:01'").arguments[1].binary == "00000000000f4240");
    CHECK(staged.tree("ts - interval '1 mon 2 days 00:00:01'").arguments[1].binary ==
          "00000000000f42400000000200000001");
}

TEST_CASE("Casts are written out, and every part has its type and modifier") {
    Staged staged;
    const Expression product = staged.tree("price * qty");
    CHECK(product.node == Node::call);
    CHECK(product.name == "*");
    CHECK(product.type.kind == Kind::numeric);
    CHECK(product.type.typmod == -1);
    CHECK(product.arguments[0].node == Node::column);
    CHECK(product.arguments[0].type.sql == "numeric(10,2)");
    CHECK(engine::numeric_limit(product.arguments[0].type)->scale == 2);
    CHECK(product.arguments[1].node == Node::cast);
    CHECK(product.arguments[1].type.kind == Kind::numeric);
    CHECK(product.arguments[1].arguments[0].type.kind == Kind::int32);

    CHECK(staged.tree("price::numeric(5,1)").type.typmod ==
          staged.tree("1.25::numeric(5,1)").type.typmod);
    CHECK(staged.tree("mood").type.sql == "public.mood");
    CHECK(staged.tree("mood").type.kind == Kind::other);
    const Expression positive = staged.tree("positive > 1");
    CHECK(staged.text(positive) == "((positive)::integer OPERATOR(pg_catalog.>) '1'::integer)");
    CHECK(positive.arguments[0].arguments[0].type.kind == Kind::other);
    const Expression later = staged.tree("ts + interval '1 day'");
    CHECK(later.type.kind == Kind::timestamptz);
    CHECK(later.arguments[1].type.kind == Kind::other);
    CHECK(later.arguments[1].type.sql == "interval");
    CHECK(staged.text(staged.tree("CASE price WHEN 1 THEN 'a' WHEN qty THEN 'b' END")) ==
          "(CASE WHEN (price OPERATOR(pg_catalog.=) ('1'::integer)::numeric) THEN 'a'::text WHEN "
          "(price OPERATOR(pg_catalog.=) (qty)::numeric) THEN 'b'::text ELSE NULL::text END)");
    CHECK(staged.text(staged.tree("code IN ('a', 'b')")) ==
          "((code)::text OPERATOR(pg_catalog.=) ANY (ARRAY[('a'::character varying)::text, "
          "('b'::character varying)::text]))");
    CHECK(staged.text(staged.tree("total NOT IN (1, 2)")) ==
          "(NOT (total OPERATOR(pg_catalog.=) ANY (ARRAY[('1'::integer)::bigint, "
          "('2'::integer)::bigint])))");
}

TEST_CASE("Collations say whether texts are compared by their bytes") {
    Staged staged;
    const Expression kind = staged.tree("kind"), bytes = staged.tree("bytes");
    const Expression fuzzy = staged.tree("fuzzy || kind");
    CHECK((kind.bytewise && !kind.c_order));  // the servers of tests have C.UTF-8, by libc
    CHECK((bytes.bytewise && bytes.c_order));
    CHECK((!fuzzy.bytewise && !fuzzy.c_order));
    CHECK((fuzzy.arguments[1].bytewise && !fuzzy.arguments[0].bytewise));
    const Expression number = staged.tree("qty");
    CHECK((number.bytewise && number.c_order));
}

TEST_CASE("now() and its like are the time of the record") {
    Staged staged;
    CHECK(staged.tree("now()").node == Node::record_time);
    CHECK(staged.tree("now()").type.kind == Kind::timestamptz);
    const Expression age = staged.tree("ts < current_timestamp - interval '1 day'");
    CHECK(age.arguments[1].arguments[0].node == Node::record_time);
    const Expression day = staged.tree("current_date");
    CHECK(day.node == Node::cast);
    CHECK(day.type.kind == Kind::date);
    CHECK(day.arguments[0].node == Node::record_time);
    CHECK(staged.tree("localtimestamp(3)").type.sql == "timestamp(3) without time zone");
    CHECK(staged.reason("clock_timestamp()") == "");
    CHECK(staged.reason("kind = current_user") == "function current_user");

    staged.stream.checks = {{"c", "(ts < now())", ""}};
    const auto rules = executor::resolve_rules(staged.transaction(), staged.stream);
    CHECK(std::get<Unsupported>(rules).reason == "now()");
}

TEST_CASE("What is resolved means what was written") {
    Staged staged;
    const std::string columns =
        "id, kind, code, small, qty, total, price, weight, ratio, is_return, day, clock, local, "
        "ts, doc, mood, positive, bytes, fuzzy, tidewheel_seq";
    staged.run(
        "INSERT INTO pg_temp.tidewheel_batch (" + columns +
        ") VALUES ('11111111-1111-1111-1111-111111111111', 'it''s', 'ab', 1, 5, 7, 12.50, 1.5, "
        "2.25, true, '2026-02-03', '10:11:12.5', '2026-02-03 10:11:12', '2026-02-03 "
        "23:30:00+00', '{\"a\": 1}', '\"good\"', '3', 'B', 'a', 0), "
        "('22222222-2222-2222-2222-222222222222', 'a\\b%', 'zzz', -1, -5, 99999999999, 0.01, "
        "'NaN', '-0', false, '1999-12-31', '00:00', '1999-12-31 23:59:59.999999', '1999-12-31 "
        "23:59:59+00', '[]', '\"bad\"', '1', 'b', 'A', 1), "
        "('33333333-3333-3333-3333-333333333333', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2)");
    const std::vector<std::string> expressions = {
        "price * qty",
        "price * qty * 0.5 / 100",
        "small + qty - total",
        "-qty",
        "@ price",
        "qty % 3",
        "qty / 2",
        "(qty / 2.0)::numeric(6,1)",
        "price::integer",
        "ratio * weight",
        "qty BETWEEN 1 AND 5",
        "qty NOT BETWEEN SYMMETRIC 9 AND 1",
        "kind LIKE '%\\%'",
        "kind NOT ILIKE 'IT%'",
        "kind IN ('it''s', 'a\\b%')",
        "code NOT IN ('ab', NULL)",
        "qty IN (5, small)",
        "price IN (1, 12.5)",
        "qty IS NULL OR NOT is_return",
        "is_return IS NOT TRUE AND ts IS NOT NULL",
        "is_return IS UNKNOWN",
        "qty IS DISTINCT FROM small",
        "qty IS NOT DISTINCT FROM NULL",
        "kind IS NOT DISTINCT FROM bytes",
        "CASE WHEN qty > 0 THEN 'in' WHEN qty < 0 THEN 'out' END",
        "CASE qty WHEN 5 THEN price WHEN -5 THEN 1 ELSE 0 END",
        "COALESCE(price, qty, 0)",
        "NULLIF(qty, 5)",
        "NULLIF(price, 12.5)",
        "GREATEST(qty, small, 2)",
        "LEAST(price, qty)",
        "date_trunc('hour', ts)",
        "date_trunc('day', local)",
        "extract(hour FROM ts)",
        "extract(epoch FROM local)",
        "ts AT TIME ZONE 'UTC'",
        "ts::date",
        "local::time",
        "ts + interval '90 minutes'",
        "day + 1",
        "day - date '2000-01-01'",
        "ts >= '2000-01-01 00:00:00+00'",
        "local > timestamp '2000-01-01 00:00'",
        "kind || code || qty",
        "upper(kind)",
        "substring(kind from 2 for 2)",
        "position('s' in kind)",
        "trim(both 'i' from kind)",
        "kind::varchar(2)",
        "'abcdef'::varchar(3)",
        "qty::text",
        "'12'::integer + qty",
        "doc ->> 'a'",
        "(doc ->> 'a')::integer",
        "mood = 'good'",
        "positive + 1",
        "fuzzy = 'A'",
        "bytes < 'a'",
        "id = '11111111-1111-1111-1111-111111111111'",
        "round(price, 1)",
        "ratio = '-0'::double precision",
        "weight = 'NaN'::real",
        "true",
        "NULL::integer",
        "-1.5::numeric",
        "1e3",
        "3000000000",
        "now() > ts"};
    const auto result = staged.resolve(expressions);
    if (const auto* unsupported = std::get_if<Unsupported>(&result)) FAIL(unsupported->reason);
    const auto& trees = std::get<Expressions>(result);
    const auto values = [&](const std::string& path, const std::string& expression) {
        staged.run("SET LOCAL search_path = " + path);
        std::string text;
        for (const postgres::Row& row :
             staged.query("SELECT (" + expression + ")::text, pg_typeof(" + expression +
                          ") FROM pg_temp.things ORDER BY id"))
            text += row.text_or(0, "NULL") + " " + row.text(1) + "; ";
        return text;
    };
    for (std::size_t i = 0; i < expressions.size(); ++i) {
        INFO(expressions[i] << " became " << staged.text(trees[i]));
        check_types(trees[i]);
        CHECK(values("pg_catalog", staged.text(trees[i])) == values(usual_path, expressions[i]));
    }
}

TEST_CASE("Functions and operators of somebody's own are never taken for PostgreSQL's") {
    Staged staged;
    const std::string own_first = "public, pg_catalog, pg_temp";
    staged.run(
        "CREATE FUNCTION public.date_trunc(text, timestamptz) RETURNS timestamptz IMMUTABLE "
        "LANGUAGE sql AS 'SELECT $2';"
        "CREATE FUNCTION public.never(numeric, integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS "
        "'SELECT false';"
        "CREATE OPERATOR public.= (leftarg = numeric, rightarg = integer, function = "
        "public.never);"
        "CREATE FUNCTION public.number(uuid) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT "
        "1';"
        "CREATE CAST (uuid AS integer) WITH FUNCTION public.number(uuid);"
        "CREATE FUNCTION pg_catalog.planted(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS "
        "'SELECT 1'");
    CHECK(staged.reason("date_trunc('hour', ts)", own_first) ==
          "function public.date_trunc(pg_catalog.text,timestamp with time zone)");
    CHECK(staged.reason("date_trunc('hour', ts)") == "");
    CHECK(staged.reason("pg_catalog.date_trunc('hour', ts)", own_first) == "");
    const std::string equal = "operator public.=(numeric,integer)";
    // Its operands fit better than those of PostgreSQL's, wherever it stands in the path.
    CHECK(staged.reason("price = 1") == equal);
    CHECK(staged.reason("NULLIF(price, 1)") == equal);
    CHECK(staged.reason("price IS DISTINCT FROM 1") == equal);
    CHECK(staged.reason("CASE price WHEN 1 THEN 2 END") == equal);
    CHECK(staged.reason("price = ANY (ARRAY[1, 2])") == equal);
    CHECK(staged.reason("id::integer") == "function public.number(pg_catalog.uuid)");
    CHECK(staged.reason("planted(qty)") == "function pg_catalog.planted(integer)");
    CHECK(staged.reason("price = 1.0") == "");
}

TEST_CASE("A cast that a user has declared between PostgreSQL's types leaves all to PostgreSQL") {
    Staged staged;
    CHECK(staged.reason("qty") == "");
    staged.run("CREATE CAST (text AS json) WITHOUT FUNCTION");
    CHECK(staged.reason("kind::json") == "cast from text to json");
}

TEST_CASE("What is not of the stream alone, or no tree, is left to PostgreSQL") {
    Staged staged;
    staged.run("CREATE TABLE public.others (a integer, b integer)");
    CHECK(staged.reason("o.a", usual_path, "pg_temp.things JOIN others o ON o.a = qty") ==
          "table public.others");
    CHECK(staged.reason("x.a", usual_path, "pg_temp.things, LATERAL (SELECT qty) x (a)") ==
          "more than the stream in FROM");
    CHECK(staged.reason("(SELECT max(a) FROM others)") == "table public.others");
    CHECK(staged.reason("(SELECT 1)") == "sub-select");
    CHECK(staged.reason("things") == "the whole row");
    CHECK(staged.reason("things IS NULL") == "the whole row");
    CHECK(staged.reason("count(*)") == "aggregate count");
    CHECK(staged.reason("kind COLLATE \"C\"") == "COLLATE");
    CHECK_THAT(staged.reason("no_such"), ContainsSubstring("no_such"));
    CHECK(staged.reason("t.qty", usual_path, "pg_temp.things t") == "");
    CHECK(staged.reason("t.a", usual_path, "pg_temp.things t (a)") == "names for columns in FROM");
}

TEST_CASE("The transaction is left as it was") {
    Staged staged;
    for (const std::string expression : {"qty", "no_such", "(SELECT 1)"}) {
        staged.reason(expression, "public");
        CHECK(staged.query("SHOW search_path").at(0).text(0) == usual_path);
        CHECK(staged.query("SELECT to_regclass('pg_temp.tidewheel_probe')").at(0).is_null(0));
    }
    CHECK(std::get<Expressions>(staged.resolve({})).empty());
    const std::string backend = staged.query("SELECT pg_backend_pid()").at(0).text(0);
    testing::TemporaryDatabase other;
    postgres::Connection(other.url()).query("SELECT pg_terminate_backend(" + backend + ")");
    try {
        staged.reason("qty");
        FAIL("the connection is lost");
    } catch (const Error& error) {
        CHECK(error.retryable());
    }
}

TEST_CASE("The aggregates of a view must be PostgreSQL's, and over the stream alone") {
    const auto reason = [](const std::string& view, const std::string& path = usual_path) {
        Staged staged(things + "CREATE MATERIALIZED VIEW v AS " + view,
                      "CREATE AGGREGATE public.sum(integer) (sfunc = int4larger, stype = integer);"
                      "CREATE TABLE public.others (a integer, b integer)");
        const auto result = staged.view(0, path);
        const auto* unsupported = std::get_if<Unsupported>(&result);
        return unsupported ? unsupported->reason : "";
    };
    CHECK(reason("SELECT kind, sum(qty) FROM things t WHERE t.qty > 0 GROUP BY kind") == "");
    CHECK(reason("SELECT kind, sum(qty) FROM things GROUP BY kind",
                 "public, pg_catalog, pg_temp") == "aggregate public.sum(integer)");
    CHECK(reason("SELECT b, sum(qty) FROM things JOIN others ON a = qty GROUP BY b") ==
          "table public.others");
}

TEST_CASE("A view's averages and extremes are resolved in their parts") {
    Staged staged(things +
                  "CREATE MATERIALIZED VIEW v AS SELECT avg(weight), max(code), min(e.ts) FILTER "
                  "(WHERE e.mood = 'good') FROM things e");
    const auto result = staged.view(0);
    const auto& view = std::get<ResolvedView>(result);
    CHECK(!view.where);
    CHECK(view.keys.empty());
    REQUIRE(view.partials.size() == 4);
    CHECK(staged.text(view.partials[0].argument.value()) == "(weight)::double precision");
    CHECK(view.partials[0].type.kind == Kind::float64);
    CHECK(view.partials[1].function == "count");
    CHECK(staged.text(view.partials[2].argument.value()) == "(code)::text");
    CHECK(view.partials[2].type.kind == Kind::text);
    CHECK(staged.text(view.partials[3].filter.value()) ==
          "(mood OPERATOR(pg_catalog.=) 'good'::public.mood)");
}
