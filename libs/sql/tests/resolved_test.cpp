#include "tidewheel/sql/resolved.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::sql;
using Catch::Matchers::ContainsSubstring;
using tidewheel::engine::Expression;
using tidewheel::engine::Kind;
using tidewheel::engine::Schema;
using tidewheel::engine::Unsupported;

namespace {

Schema stream() {
    Schema schema;
    for (const char* name : {"id", "kind", "price", "qty", "ts", "is_return", "Odd Name"}) {
        schema.columns.emplace_back();
        schema.columns.back().name = name;
    }
    return schema;
}

std::string shapes(const std::vector<Expression>& all);

// The tree in brackets: (+ price (::numeric qty)).
std::string shape(const Expression& expression) {
    using Node = Expression::Node;
    const auto branch = [&](const std::string& name) {
        return "(" + name + shapes(expression.arguments) + ")";
    };
    switch (expression.node) {
        case Node::column:
            return stream().columns.at(expression.column).name;
        case Node::record_time:
            return "record_time";
        case Node::constant:
            return (expression.constant ? "'" + *expression.constant + "'" : "NULL") +
                   expression.type.sql;
        case Node::call:
        case Node::test:
            return branch(expression.name);
        case Node::cast:
            return branch("::" + expression.type.sql);
        case Node::distinct:
            return branch("distinct");
        case Node::all_of:
            return branch("and");
        case Node::any_of:
            return branch("or");
        case Node::negation:
            return branch("not");
        case Node::choose:
            return branch("case");
        case Node::coalesce:
            return branch("coalesce");
        case Node::nullif:
            return branch("nullif");
        case Node::one_of:
            return branch("one_of");
    }
    return "";
}

std::string shapes(const std::vector<Expression>& all) {
    std::string text;
    for (const Expression& each : all)
        text += " " + shape(each);
    return text;
}

std::vector<Expression> read(const std::string& list,
                             const std::string& from = "pg_temp_3.events") {
    const auto result = read_select(" SELECT " + list + "\n   FROM " + from + ";", stream());
    if (const auto* unsupported = std::get_if<Unsupported>(&result)) FAIL(unsupported->reason);
    return std::get<ResolvedSelect>(result).values;
}

std::string reason(const std::string& list, const std::string& from = "pg_temp_3.events") {
    const auto result = read_select("SELECT " + list + " FROM " + from, stream());
    const auto* unsupported = std::get_if<Unsupported>(&result);
    return unsupported ? unsupported->reason : "";
}

struct Example {
    std::string printed, shape;
};

}  // namespace

TEST_CASE("Expressions are read as PostgreSQL 15 and 17 print them") {
    const std::vector<Example> examples = {
        // 15 qualifies the columns of a single table, 16 and later don't.
        {"date_trunc('hour'::text, events.ts) AS c0", "(date_trunc 'hour'text ts)"},
        {"date_trunc('hour'::text, ts) AS c0", "(date_trunc 'hour'text ts)"},
        {"(price * (qty)::numeric) AS c0", "(* price (::numeric qty))"},
        {"(((price * (qty)::numeric) * 0.5) / (100)::numeric)",
         "(/ (* (* price (::numeric qty)) '0.5'numeric) (::numeric '100'int))"},
        {"((qty > 0) AND (qty < '-5'::integer) AND (NOT is_return))",
         "(and (> qty '0'int) (< qty '-5'int) (not is_return))"},
        {"((id IS NULL) OR (ts IS NOT NULL))", "(or (is null id) (is not null ts))"},
        {"((is_return IS TRUE) OR (is_return IS NOT FALSE) OR (is_return IS UNKNOWN))",
         "(or (is true is_return) (is not false is_return) (is unknown is_return))"},
        {"(is_return IS NOT TRUE), (is_return IS FALSE), (is_return IS NOT UNKNOWN)",
         "(is not true is_return) (is false is_return) (is not unknown is_return)"},
        {"(qty IS DISTINCT FROM 1)", "(distinct qty '1'int)"},
        {"(NOT (qty IS DISTINCT FROM 1))", "(not (distinct qty '1'int))"},
        {"(qty IS NOT DISTINCT FROM 1)", "(not (distinct qty '1'int))"},
        {"(kind = ANY (ARRAY['a'::text, 'b''c'::text]))", "(one_of kind 'a'text 'b'c'text)"},
        {"((kind)::text = ANY ((ARRAY['a'::character varying, 'b'::character "
         "varying])::text[]))",
         "(one_of (::text kind) (::text 'a'varchar) (::text 'b'varchar))"},
        {"(qty <> ALL (ARRAY[1, 2]))", "(not (one_of qty '1'int '2'int))"},
        {"CASE WHEN (qty > 1) THEN 'a'::text ELSE NULL::text END",
         "(case (> qty '1'int) 'a'text NULLtext)"},
        {"CASE kind WHEN 'a'::text THEN 1 WHEN 'b'::text THEN 2 ELSE 3 END",
         "(case (= kind 'a'text) '1'int (= kind 'b'text) '2'int '3'int)"},
        {"COALESCE(qty, 0), NULLIF(qty, 0), GREATEST(qty, 1), LEAST(qty, 1)",
         "(coalesce qty '0'int) (nullif qty '0'int) (greatest qty '1'int) (least qty '1'int)"},
        {"(kind ~~ 'a%'::text), (kind !~~* 'a'::text)", "(~~ kind 'a%'text) (!~~* kind 'a'text)"},
        {"((price >= (0)::numeric) AND (price <= (100)::numeric))",
         "(and (>= price (::numeric '0'int)) (<= price (::numeric '100'int)))"},
        {"EXTRACT(hour FROM ts)", "(extract 'hour' ts)"},
        {"date_part('hour'::text, ts)", "(date_part 'hour'text ts)"},
        {"(ts AT TIME ZONE 'UTC'::text)", "(timezone 'UTC'text ts)"},
        {"SUBSTRING(kind FROM 1 FOR 2), \"substring\"(kind, 1, 2)",
         "(substring kind '1'int '2'int) (substring kind '1'int '2'int)"},
        {"POSITION(('a'::text) IN (kind))", "(position kind 'a'text)"},
        {"TRIM(BOTH FROM kind), TRIM(LEADING 'x'::text FROM kind)",
         "(btrim kind) (ltrim kind 'x'text)"},
        {"(- qty), (@ price), (qty % 2)", "(- qty) (@ price) (% qty '2'int)"},
        {"now(), CURRENT_TIMESTAMP, transaction_timestamp(), (now())::date",
         "record_time record_time record_time (::date record_time)"},
        {"CURRENT_DATE, LOCALTIMESTAMP(3)", "(::date record_time) (::timestamp(3) record_time)"},
        {"\"Odd Name\", events.\"Odd Name\"", "Odd Name Odd Name"},
        {"true, false, NULL::boolean", "'true'boolean 'false'boolean NULLboolean"},
        {"E'a\\\\b'::text, 'it''s'::text", "'a\\b'text 'it's'text"},
        {"'2026-01-01 00:00:00+00'::timestamp with time zone, '5'::bigint, '1.5'::double "
         "precision, '100'::numeric",
         "'2026-01-01 00:00:00+00'timestamp with time zone '5'bigint '1.5'double precision "
         "'100'numeric"},
        {"(price)::numeric(10,2), (kind)::character varying(3), 'ab'::character varying(1)",
         "(::numeric(10, 2) price) (::varchar(3) kind) (::varchar(1) 'ab'varchar)"},
        {"(upper(kind) || 'x'::text)", "(|| (upper kind) 'x'text)"},
        {"(qty OPERATOR(pg_catalog.+) 1)", "(+ qty '1'int)"},
    };
    for (const Example& example : examples) {
        INFO(example.printed);
        CHECK(shapes(read(example.printed)) == " " + example.shape);
    }
}

TEST_CASE("A text is read again as the expression that it was made of") {
    const std::vector<std::string> examples = {
        "((price * (qty)::numeric) / '100'::numeric)",
        "(((- qty) > 0) AND (NOT is_return) AND ((id IS NULL) OR (is_return IS NOT TRUE)))",
        "CASE WHEN (qty > 1) THEN 'a'::text WHEN is_return THEN NULL::text ELSE 'c'::text END",
        "COALESCE(NULLIF(qty, 0), GREATEST(qty, 1), LEAST(qty, 1))",
        "(kind = ANY (ARRAY['a'::text, 'it''s \\'::text]))",
        "(kind IS DISTINCT FROM \"Odd Name\")",
        "EXTRACT(hour FROM (ts AT TIME ZONE 'UTC'::text))",
        "\"position\"(kind, \"substring\"(kind, 1))",
        "(now())::date",
    };
    for (const std::string& example : examples) {
        INFO(example);
        const auto first = read(example);
        const std::string text = text_of(first.at(0), stream());
        INFO(text);
        CHECK(shapes(read(text)) == shapes(first));
        CHECK(text_of(read(text).at(0), stream()) == text);
    }
    CHECK(text_of(read("((price * (qty)::numeric) > 1.5)").at(0), stream()) ==
          "((price OPERATOR(pg_catalog.*) (qty)::numeric) OPERATOR(pg_catalog.>) '1.5'::numeric)");
}

TEST_CASE("Casts to types with a syntax of their own are read again as they were") {
    const std::vector<std::string> types = {"smallint",
                                            "integer",
                                            "bigint",
                                            "real",
                                            "double precision",
                                            "numeric",
                                            "numeric(10,2)",
                                            "numeric(3,-2)",
                                            "boolean",
                                            "text",
                                            "character varying",
                                            "character varying(20)",
                                            "character(3)",
                                            "bpchar",
                                            "\"char\"",
                                            "name",
                                            "bit(3)",
                                            "bit varying(5)",
                                            "date",
                                            "time without time zone",
                                            "time(3) without time zone",
                                            "time with time zone",
                                            "time(0) with time zone",
                                            "timestamp without time zone",
                                            "timestamp(3) without time zone",
                                            "timestamp with time zone",
                                            "timestamp(6) with time zone",
                                            "interval",
                                            "interval(3)",
                                            "interval day to second(3)",
                                            "interval year to month",
                                            "interval hour",
                                            "jsonb",
                                            "uuid",
                                            "integer[]",
                                            "character varying(3)[]",
                                            "numeric(10,2)[]",
                                            "public.mood",
                                            "\"Odd\".\"Type\"",
                                            "pg_catalog.int4",
                                            "regclass"};
    for (const std::string& type : types) {
        INFO(type);
        const auto first = read("(kind)::" + type);
        REQUIRE(first.at(0).node == Expression::Node::cast);
        const std::string text = text_of(first.at(0), stream());
        INFO(text);
        CHECK(shapes(read(text)) == shapes(first));
    }
}

TEST_CASE("Types are not known before PostgreSQL is asked") {
    const auto tree = read("(qty + 1)").at(0);
    CHECK(tree.type.kind == Kind::other);
    CHECK(tree.arguments.at(1).type.kind == Kind::other);
    CHECK(tree.arguments.at(0).column == 3);
}

TEST_CASE("What no tree can hold is left to PostgreSQL, with a reason") {
    const std::vector<Example> examples = {
        {"(SELECT 1)", "sub-select"},
        {"(qty = ANY (SELECT 1))", "sub-select"},
        {"(kind ~~ ANY (ARRAY['a'::text]))", "~~ ANY"},
        {"(qty < ALL (ARRAY[1]))", "< ALL"},
        {"(kind = ANY ('{a,b}'::text[]))", "ANY or ALL of other than a list"},
        {"(qty = ANY (ARRAY[]::integer[]))", "ANY or ALL of other than a list"},
        {"public.f(qty)", "function public.f"},
        {"pg_catalog.f(VARIADIC ARRAY[1])", "function pg_catalog.f"},
        {"(qty OPERATOR(public.+) 1)", "operator public.+"},
        {"(qty OPERATOR(public.=) ANY (ARRAY[1]))", "operator public.="},
        {"(kind COLLATE \"C\")", "COLLATE"},
        {"ARRAY[1, 2]", "array"},
        {"ROW(1, 2)", "row"},
        {"(ARRAY[1])[1]", "element or field of a value"},
        {"make_interval(days => 3)", "argument by its name"},
        {"count(*)", "aggregate count"},
        {"sum(qty) FILTER (WHERE is_return)", "aggregate sum"},
        {"count(DISTINCT qty)", "aggregate count"},
        {"row_number() OVER ()", "window function row_number"},
        {"CURRENT_USER", "function current_user"},
        {"B'101'::\"bit\"", "bit string"},
        {"events.*", "the whole row"},
        {"*", "the whole row"},
        {"other.qty", "column other.qty"},
        {"tidewheel_seq", "column tidewheel_seq"},
        {"DISTINCT qty", "DISTINCT"},
    };
    for (const Example& example : examples) {
        INFO(example.printed);
        CHECK(reason(example.printed) == example.shape);
    }
    CHECK(reason("qty", "events WHERE f(qty)") == "");
    CHECK(reason("qty", "events WHERE (SELECT true)") == "sub-select");
    CHECK(reason("qty", "events GROUP BY qty") == "GROUP BY");
    CHECK(reason("qty", "(events JOIN u ON (true))") == "more than the stream in FROM");
    CHECK(reason("qty", "events, u") == "more than the stream in FROM");
    CHECK(reason("qty", "events e(qty, kind)") == "names for columns in FROM");
    CHECK_THAT(reason("qty +"), ContainsSubstring("syntax error"));
}

TEST_CASE("WHERE is read with the list") {
    const auto result = read_select("SELECT qty FROM events WHERE (qty > 1)", stream());
    const auto& select = std::get<ResolvedSelect>(result);
    REQUIRE(select.where);
    CHECK(shape(*select.where) == "(> qty '1'int)");
    CHECK_FALSE(std::get<ResolvedSelect>(read_select("SELECT qty FROM events", stream())).where);
}

TEST_CASE("Columns are qualified with the alias of the stream") {
    CHECK(shapes(read("e.qty, kind", "pg_temp_3.events e")) == " qty kind");
    CHECK(reason("events.qty", "events e") == "column events.qty");
    CHECK(std::holds_alternative<Unsupported>(read_select("SELECT qty, e.qty", stream())));
}
