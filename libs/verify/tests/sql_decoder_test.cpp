#include "sql_decoder.hpp"

#include "column_values.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::verify;
using Catch::Matchers::ContainsSubstring;
using engine::ColumnOrigin;
using engine::Kind;

namespace {

struct Shape {
    std::string name;
    Kind kind;
    std::string sql;
    ColumnOrigin source = ColumnOrigin::field;
    std::string fallback = {};
    bool not_null = false;
};

void add(catalogue::StoredStream& stream, const Shape& shape) {
    engine::Column column;
    column.name = shape.name;
    column.type = {shape.kind, -1, shape.sql};
    column.source = shape.source;
    column.not_null = shape.not_null;
    if (shape.source == ColumnOrigin::field) column.path = {shape.name};
    if (shape.source == ColumnOrigin::header) column.header = "trace's";
    stream.schema.columns.push_back(column);
    sql::StreamColumn declared;
    declared.name = shape.name;
    declared.fallback = shape.fallback;
    stream.stream.columns.push_back(declared);
}

catalogue::StoredStream stream_of(const std::vector<Shape>& shapes) {
    catalogue::StoredStream stream;
    stream.stream.name = {"public", "events"};
    for (const Shape& shape : shapes)
        add(stream, shape);
    return stream;
}

std::string value(const Shape& shape) {
    return column_values(stream_of({shape})).at(0);
}
std::string judged(const Shape& shape) {
    return judge_ddl(stream_of({shape}));
}

// As it stands in the body of the function, which is a literal.
std::string quoted(std::string text) {
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2)
        text.insert(at, 1, '\'');
    return text;
}

std::size_t times(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
        ++count;
    return count;
}

}  // namespace

TEST_CASE("types that PostgreSQL reads from text are cast from the field's text") {
    for (const auto& [kind, sql] :
         std::vector<std::pair<Kind, std::string>>{{Kind::boolean, "boolean"},
                                                   {Kind::int16, "smallint"},
                                                   {Kind::int32, "integer"},
                                                   {Kind::int64, "bigint"},
                                                   {Kind::float32, "real"},
                                                   {Kind::float64, "double precision"},
                                                   {Kind::numeric, "numeric(10,2)"},
                                                   {Kind::uuid, "uuid"},
                                                   {Kind::date, "date"},
                                                   {Kind::time, "time without time zone"},
                                                   {Kind::timestamp, "timestamp without time zone"},
                                                   {Kind::timestamptz, "timestamp with time zone"}})
        CHECK(value({"x", kind, sql}) == "(tidewheel_json #>> '{\"x\"}'::text[])::" + sql);
}

TEST_CASE("text is taken as it is: a cast to varchar would cut what is too long") {
    CHECK(value({"x", Kind::text, "text"}) == "(tidewheel_json #>> '{\"x\"}'::text[])");
    CHECK(value({"x", Kind::varchar, "character varying(3)"}) ==
          "(tidewheel_json #>> '{\"x\"}'::text[])");
}

TEST_CASE("json keeps its text, jsonb its value, and JSON's null is SQL's") {
    CHECK(value({"x", Kind::jsonb, "jsonb"}) ==
          "NULLIF(tidewheel_doc #> '{\"x\"}'::text[], 'null')");
    CHECK(value({"x", Kind::json, "json"}) ==
          "CASE WHEN NULLIF(tidewheel_doc #> '{\"x\"}'::text[], 'null') IS NOT NULL THEN "
          "tidewheel_json #> '{\"x\"}'::text[] END");
}

TEST_CASE("any other type is PostgreSQL's to convert, out of one record") {
    const auto stream = stream_of({{"a", Kind::other, "inet"},
                                   {"n", Kind::int32, "integer"},
                                   {"b", Kind::other, "integer[]", ColumnOrigin::field, "'{}'"}});
    CHECK(column_values(stream)[0] == "tidewheel_converted.\"a\"");
    CHECK(converted_record(stream) ==
          "(SELECT c.\"a\", c.\"b\" FROM jsonb_populate_record(NULL::pg_temp.tidewheel_good, "
          "jsonb_build_object('a', NULLIF(tidewheel_doc #> '{\"a\"}'::text[], 'null')) || "
          "jsonb_build_object('b', CASE WHEN tidewheel_doc IS NOT NULL AND tidewheel_doc #> "
          "'{\"b\"}'::text[] IS NULL THEN "
          "to_jsonb(('{}')::integer[]) ELSE NULLIF(tidewheel_doc #> '{\"b\"}'::text[], 'null') "
          "END)) c) tidewheel_converted");
    CHECK_THAT(decode_script(stream, "true"),
               ContainsSubstring(" CROSS JOIN LATERAL " + converted_record(stream)));
    CHECK(converted_record(stream_of({{"n", Kind::int32, "integer"}})).empty());
}

TEST_CASE("metadata comes from beside the value") {
    CHECK(value({"x", Kind::int32, "integer", ColumnOrigin::partition}) ==
          "tidewheel_partition::integer");
    CHECK(value({"x", Kind::text, "text", ColumnOrigin::offset}) == "tidewheel_offset::text");
    CHECK(value({"x", Kind::timestamptz, "timestamp with time zone", ColumnOrigin::timestamp}) ==
          "tidewheel.record_time(tidewheel_timestamp, 'x')::timestamp with time zone");
    CHECK(value({"x", Kind::uuid, "uuid", ColumnOrigin::key}) ==
          "convert_from(tidewheel_key, 'UTF8')::uuid");
    CHECK_THAT(value({"x", Kind::text, "text", ColumnOrigin::header}),
               ContainsSubstring("convert_to('trace''s', 'UTF8')") &&
                   ContainsSubstring("ORDER BY h.n DESC LIMIT 1"));
}

TEST_CASE("a DEFAULT stands in for a field that is missing, not for null") {
    CHECK(value({"x", Kind::int32, "integer", ColumnOrigin::field, "7"}) ==
          "CASE WHEN tidewheel_doc IS NOT NULL AND tidewheel_doc #> '{\"x\"}'::text[] IS NULL THEN "
          "7 ELSE (tidewheel_json #>> "
          "'{\"x\"}'::text[])::integer END");
}

TEST_CASE("a number of units since 1970 becomes a time without a double for all of it") {
    auto stream = stream_of({{"x", Kind::timestamptz, "timestamp with time zone"}});
    stream.schema.columns[0].epoch = engine::EpochUnit::nanosecond;
    CHECK(column_values(stream)[0] ==
          "(SELECT (timestamp 'epoch' + div(us, 86400000000)::integer * interval '1 day' + "
          "mod(us, 86400000000) * interval '1 microsecond') AT TIME ZONE 'UTC' FROM "
          "round((tidewheel_json #>> '{\"x\"}'::text[])::numeric * 0.001) us)::timestamp with time "
          "zone");
    CHECK_THAT(judge_ddl(stream), !ContainsSubstring(quoted(") <> 'string'")) &&
                                      ContainsSubstring("NOT BETWEEN -62135596800000000 AND "
                                                        "253402300799999999"));
    stream.schema.columns[0].type = {Kind::date, -1, "date"};
    CHECK_THAT(column_values(stream)[0], !ContainsSubstring("AT TIME ZONE"));
}

TEST_CASE("the judge passes over a tombstone only where the stream ignores them") {
    auto stream = stream_of({{"x", Kind::text, "text"}});
    const std::string passes = "IF tidewheel_raw_row.payload IS NULL THEN RETURN NULL";
    CHECK_THAT(judge_ddl(stream), !ContainsSubstring(passes));
    stream.schema.ignores_tombstones = true;
    CHECK_THAT(judge_ddl(stream), ContainsSubstring(passes));
}

TEST_CASE("the judge takes a tombstone as a row of NULLs where a column says that it is one") {
    auto stream = stream_of({{"x", Kind::text, "text"}, {"gone", Kind::boolean, "boolean"}});
    CHECK_THAT(judge_ddl(stream), !ContainsSubstring("IF tidewheel_value IS NOT NULL THEN"));
    stream.schema.columns[1].source = engine::ColumnOrigin::tombstone;
    CHECK_THAT(judge_ddl(stream), ContainsSubstring("IF tidewheel_value IS NOT NULL THEN"));
    CHECK(column_values(stream)[1] == "(tidewheel_value IS NULL)");
}

TEST_CASE("a field of the key comes out of the key's own document") {
    auto stream = stream_of({{"x", Kind::int32, "integer", ColumnOrigin::key}});
    CHECK_THAT(judge_ddl(stream), !ContainsSubstring("tidewheel_key_doc"));
    stream.schema.columns[0].path = {"a", "b"};
    CHECK(column_values(stream)[0] == "(tidewheel_key_json #>> '{\"a\",\"b\"}'::text[])::integer");
    CHECK_THAT(judge_ddl(stream), ContainsSubstring("IF tidewheel_key IS NOT NULL THEN"));
    CHECK_THAT(decode_script(stream, "true"),
               ContainsSubstring("convert_from(r.key, 'UTF8')::jsonb AS tidewheel_key_doc"));
}

TEST_CASE("names are quoted, in paths and as columns") {
    auto stream = stream_of({{"Odd \"Name\"", Kind::int32, "integer"}});
    stream.schema.columns[0].path = {"a'b", "c"};
    CHECK(path_literal(stream.schema.columns[0]) == "'{\"a''b\",\"c\"}'::text[]");
    CHECK_THAT(decode_script(stream, "true"),
               ContainsSubstring("INSERT INTO pg_temp.tidewheel_good (\"Odd \"\"Name\"\"\", "
                                 "tidewheel_partition"));
}

TEST_CASE("the whole script of a small stream, word for word") {
    CHECK(decode_script(stream_of({{"id", Kind::int64, "bigint"}, {"name", Kind::text, "text"}}),
                        "r.partition = 3") ==
          "INSERT INTO pg_temp.tidewheel_good (\"id\", \"name\", tidewheel_partition, "
          "tidewheel_offset, "
          "tidewheel_timestamp) SELECT (tidewheel_json #>> '{\"id\"}'::text[])::bigint, "
          "(tidewheel_json #>> '{\"name\"}'::text[]), tidewheel_partition, tidewheel_offset, "
          "tidewheel_timestamp FROM (SELECT r.partition AS tidewheel_partition, r.\"offset\" AS "
          "tidewheel_offset, r.record_time AS tidewheel_timestamp, r.key AS tidewheel_key, "
          "r.headers AS tidewheel_headers, r.payload AS tidewheel_value, "
          "convert_from(r.payload, 'UTF8')::jsonb AS tidewheel_doc, convert_from(r.payload, "
          "'UTF8')::json AS tidewheel_json FROM "
          "pg_temp.tidewheel_raw r WHERE r.partition = 3 OFFSET 0) tidewheel_record");
}

TEST_CASE("the judge asks for the form of numbers and times, and of nothing else") {
    for (const Kind kind :
         {Kind::int16, Kind::int32, Kind::int64, Kind::float32, Kind::float64, Kind::numeric,
          Kind::date, Kind::time, Kind::timestamp, Kind::timestamptz})
        CHECK_THAT(judged({"x", kind, "t"}), ContainsSubstring("x is not in the form of t"));
    for (const Kind kind : {Kind::boolean, Kind::text, Kind::varchar, Kind::uuid, Kind::json,
                            Kind::jsonb, Kind::other})
        CHECK_THAT(judged({"x", kind, "t"}), !ContainsSubstring("is not in the form of"));
    for (const Kind kind : {Kind::date, Kind::time, Kind::timestamp, Kind::timestamptz})
        CHECK_THAT(judged({"x", kind, "t"}), ContainsSubstring(quoted(") <> 'string'")));
    CHECK_THAT(judged({"x", Kind::int32, "t"}), !ContainsSubstring(quoted(") <> 'string'")));
    // A key is text: what wants JSON can't have it.
    CHECK_THAT(judged({"x", Kind::jsonb, "jsonb", ColumnOrigin::key}),
               ContainsSubstring(quoted("IF convert_from(tidewheel_key, 'UTF8') IS NOT NULL")));
}

TEST_CASE("the judge asks for NOT NULL where the stream does") {
    CHECK_THAT(judged({"x", Kind::text, "text", ColumnOrigin::field, "", true}),
               ContainsSubstring(quoted("IF tidewheel_row.\"x\" IS NULL THEN RETURN 'x is null'")));
    CHECK_THAT(judged({"x", Kind::text, "text"}), !ContainsSubstring("x is null"));
}

TEST_CASE("the judge looks for a field twice in the record and in each object on a path") {
    auto stream = stream_of({{"a", Kind::text, "text"}, {"b", Kind::text, "text"}});
    CHECK(times(judge_ddl(stream), "it has a duplicate field") == 1);
    stream.schema.columns[0].path = {"o", "p", "a"};
    stream.schema.columns[1].path = {"o", "b"};
    const std::string text = judge_ddl(stream);
    CHECK(times(text, "it has a duplicate field") == 3);  // the record, o, o.p
    CHECK_THAT(text, ContainsSubstring(quoted("tidewheel_text::json #> '{\"o\",\"p\"}'::text[]")));
}

TEST_CASE("the judge knows routes and CHECKs") {
    auto stream = stream_of({{"kind", Kind::text, "text"}});
    CHECK_THAT(judge_ddl(stream), !ContainsSubstring("it belongs to another partition"));
    stream.schema.route.column = 0;
    stream.schema.route.rules = {{"sale", {1, 3}}, {"stock", {0}}};
    stream.checks = {{"kind_check", "(kind <> 'x'::text)", "kind"}};
    const std::string text = judge_ddl(stream);
    CHECK_THAT(text,
               ContainsSubstring(quoted(
                   "(tidewheel_row.\"kind\" = 'sale' AND tidewheel_partition NOT IN (1, 3)) OR "
                   "(tidewheel_row.\"kind\" = 'stock' AND tidewheel_partition NOT IN (0))")));
    CHECK_THAT(
        text,
        ContainsSubstring(quoted(
            "IF EXISTS (SELECT FROM (SELECT tidewheel_row.\"kind\" AS \"kind\") \"events\" WHERE "
            "((kind <> 'x'::text)) IS FALSE) THEN RETURN 'it breaks kind_check'")));
}

TEST_CASE("the judge goes from the record to its columns, and its forms come before NOT NULL") {
    const std::string text = judged({"x", Kind::int32, "integer", ColumnOrigin::field, "", true});
    const std::vector<std::string> parts{"it has no value",
                                         "it is not a JSON object",
                                         "it is nested too deeply",
                                         "beyond the limits",
                                         "it has a duplicate field",
                                         "INTO tidewheel_row",
                                         "is not in the form of",
                                         "x is null",
                                         "RETURN NULL",
                                         "EXCEPTION WHEN OTHERS"};
    std::size_t at = 0;
    for (const std::string& part : parts) {
        INFO(part);
        const std::size_t next = text.find(part, at);
        REQUIRE(next != std::string::npos);
        at = next;
    }
}
