#include "cli/sql_decoder.hpp"

#include <set>
#include <vector>

#include "cli/table.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::cli {
namespace {

using engine::Column;
using engine::Kind;
using engine::Source;
using postgres::quote_literal;
using postgres::quote_name;

std::string path_literal(const Column& column) {
    std::vector<postgres::Parameter> names;
    for (const std::string& name : column.path)
        names.emplace_back(name);
    return quote_literal(postgres::array_literal(names)) + "::text[]";
}

// The record's JSON value; SQL's NULL for JSON's.
std::string json_value(const Column& column) {
    return "NULLIF(tidewheel_doc #> " + path_literal(column) + ", 'null')";
}

std::string converted(const Column& column) {
    const std::string text = "(tidewheel_doc #>> " + path_literal(column) + ")";
    switch (column.type.kind) {
        case Kind::text:
        case Kind::varchar:
            return text;  // varchar(n): the assignment to the column judges the length; a cast
                          // would cut it
        case Kind::jsonb:
            return json_value(column);
        case Kind::json:
            return json_value(column) + "::json";
        case Kind::other:
            return "(jsonb_populate_record(NULL::pg_temp.tidewheel_good, jsonb_build_object(" +
                   quote_literal(column.name) + ", " + json_value(column) + ")))." +
                   quote_name(column.name);
        default:
            return text + "::" + column.type.sql;
    }
}

// The last header of the name counts.
std::string header_value(const std::string& name) {
    return "(SELECT convert_from(decode(h.item ->> 'value', 'hex'), 'UTF8') FROM "
           "jsonb_array_elements(tidewheel_headers) WITH ORDINALITY AS h(item, n) WHERE "
           "h.item ->> 'name' = encode(convert_to(" +
           quote_literal(name) + ", 'UTF8'), 'hex') ORDER BY h.n DESC LIMIT 1)";
}

std::string field_value(const Column& column, const std::string& fallback) {
    if (fallback.empty()) return converted(column);
    return "CASE WHEN tidewheel_doc #> " + path_literal(column) + " IS NULL THEN " + fallback +
           " ELSE " + converted(column) + " END";
}

// An expression over tidewheel_doc, tidewheel_partition, tidewheel_offset, tidewheel_timestamp,
// tidewheel_key, tidewheel_headers.
std::string value_of(const Column& column, const std::string& fallback) {
    const bool text = column.type.kind == Kind::text || column.type.kind == Kind::varchar;
    const std::string cast = text ? "" : "::" + column.type.sql;
    switch (column.source) {
        case Source::field:
            return field_value(column, fallback);
        case Source::partition:
            return "tidewheel_partition" + (text ? "::text" : cast);
        case Source::offset:
            return "tidewheel_offset" + (text ? "::text" : cast);
        case Source::timestamp:
            return "tidewheel_timestamp" + (text ? "::text" : cast);
        case Source::key:
            return "convert_from(tidewheel_key, 'UTF8')" + cast;
        case Source::header:
            return header_value(column.header) + cast;
    }
    return "NULL";
}

std::vector<std::string> values(const postgres::StoredStream& stream) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < stream.schema.columns.size(); ++i)
        list.push_back(value_of(stream.schema.columns[i], stream.stream.columns.at(i).fallback));
    return list;
}

std::string column_names(const postgres::StoredStream& stream) {
    std::vector<std::string> names;
    for (const Column& column : stream.schema.columns)
        names.push_back(quote_name(column.name));
    return joined(names, ", ");
}

// jsonb keeps the last of two fields with one name; json_each shows both. Looked for in the record
// and in each object that a column's path leads into.
std::string duplicate_check(const engine::Schema& schema) {
    std::set<std::string> objects{"tidewheel_text::json"};
    for (const Column& column : schema.columns) {
        Column leading = column;
        while (column.source == Source::field && leading.path.size() > 1) {
            leading.path.pop_back();
            objects.insert("tidewheel_text::json #> " + path_literal(leading));
        }
    }
    std::string check;
    for (const std::string& object : objects)
        check +=
            "    IF json_typeof(" + object + ") = 'object' AND EXISTS (SELECT FROM json_each(" +
            object +
            ") GROUP BY key HAVING count(*) > 1) THEN RETURN 'it has a field twice'; END IF;\n";
    return check;
}

// How deep the brackets outside of strings go.
std::string depth_check() {
    return "    IF (SELECT max(depth) FROM (SELECT sum(CASE WHEN c IN ('{', '[') THEN 1 WHEN c IN "
           "('}', ']') THEN -1 ELSE 0 END) OVER (ORDER BY n) AS depth FROM "
           "regexp_split_to_table(regexp_replace(tidewheel_text, " +
           quote_literal(R"("(\\.|[^"\\])*")") +
           ", '', 'g'), '') WITH ORDINALITY t(c, n)) d) > 64 THEN RETURN 'it is nested too "
           "deeply'; "
           "END IF;\n";
}

// PostgreSQL reads more as a date or a time than a stream does ('tomorrow', 20240506, 'Jan 5
// 2024'): here it has to be a string in ISO 8601.
std::string form_check(const Column& column) {
    if (column.source != Source::field) return "";
    const bool day = column.type.kind == Kind::date || column.type.kind == Kind::timestamp ||
                     column.type.kind == Kind::timestamptz;
    if (!day && column.type.kind != Kind::time) return "";
    const std::string form = day ? R"(^\s*[-+]?\d{4,}-\d\d?-\d\d?)" : R"(^\s*\d\d?:\d\d)";
    const std::string value = json_value(column);
    return "    IF jsonb_typeof(" + value + ") <> 'string' OR (tidewheel_doc #>> " +
           path_literal(column) + ") !~ " + quote_literal(form) + " THEN RETURN " +
           quote_literal(column.name + " is not written as ISO 8601") + "; END IF;\n";
}

std::string null_check(const Column& column) {
    if (!column.not_null) return "";
    return "    IF tidewheel_row." + quote_name(column.name) + " IS NULL THEN RETURN " +
           quote_literal(column.name + " is null") + "; END IF;\n";
}

std::string route_check(const engine::Schema& schema) {
    if (schema.route.column < 0) return "";
    const std::string column =
        quote_name(schema.columns[static_cast<std::size_t>(schema.route.column)].name);
    std::string wrong;
    for (const engine::Route::Rule& rule : schema.route.rules) {
        std::vector<std::string> partitions;
        for (const int partition : rule.partitions)
            partitions.push_back(std::to_string(partition));
        wrong += (wrong.empty() ? "" : " OR ") +
                 ("(tidewheel_row." + column + " = " + quote_literal(rule.value) +
                  " AND tidewheel_partition NOT IN (" + joined(partitions, ", ") + "))");
    }
    return wrong.empty()
               ? ""
               : "    IF " + wrong + " THEN RETURN 'it belongs to another partition'; END IF;\n";
}

// The row as a relation of the stream's columns, so that the checks' own text runs over it.
std::string constraint_checks(const postgres::StoredStream& stream) {
    std::vector<std::string> columns;
    for (const Column& column : stream.schema.columns)
        columns.push_back("tidewheel_row." + quote_name(column.name) + " AS " +
                          quote_name(column.name));
    std::string checks;
    for (const postgres::CheckRule& rule : stream.checks)
        checks += "    IF EXISTS (SELECT FROM (SELECT " + joined(columns, ", ") + ") " +
                  quote_name(stream.stream.name.name) + " WHERE (" + rule.expression +
                  ") IS FALSE) THEN RETURN " + quote_literal("it breaks " + rule.name) +
                  "; END IF;\n";
    return checks;
}

}  // namespace

std::string raw_table_ddl() {
    return "CREATE TEMP TABLE tidewheel_raw (partition integer NOT NULL, \"offset\" bigint NOT "
           "NULL, record_time timestamptz, key bytea, "
           "headers jsonb, payload bytea)";
}

std::string good_table_ddl(const postgres::StoredStream& stream) {
    return "CREATE TEMP TABLE tidewheel_good (LIKE " + stream.stream.name.quoted() +
           " INCLUDING CONSTRAINTS, tidewheel_partition integer, tidewheel_offset bigint, "
           "tidewheel_timestamp timestamptz)";
}

std::string decode_script(const postgres::StoredStream& stream, const std::string& condition) {
    // OFFSET 0 keeps the planner from parsing the document anew for every column.
    return "INSERT INTO pg_temp.tidewheel_good (" + column_names(stream) +
           ", tidewheel_partition, tidewheel_offset, tidewheel_timestamp) SELECT " +
           joined(values(stream), ", ") +
           ", tidewheel_partition, tidewheel_offset, tidewheel_timestamp FROM (SELECT r.partition "
           "AS tidewheel_partition, "
           "r.\"offset\" AS tidewheel_offset, r.record_time AS tidewheel_timestamp, r.key AS "
           "tidewheel_key, r.headers AS tidewheel_headers, "
           "convert_from(r.payload, 'UTF8')::jsonb AS tidewheel_doc FROM pg_temp.tidewheel_raw r "
           "WHERE " +
           condition + " OFFSET 0) raw";
}

std::string judge_ddl(const postgres::StoredStream& stream) {
    std::string forms, nulls;
    for (const Column& column : stream.schema.columns) {
        forms += form_check(column);
        nulls += null_check(column);
    }
    const std::string body =
        "#variable_conflict use_column\n"
        "DECLARE\n"
        "    tidewheel_text text;\n"
        "    tidewheel_doc jsonb;\n"
        "    tidewheel_row pg_temp.tidewheel_good%ROWTYPE;\n"
        "    tidewheel_partition integer := tidewheel_raw_row.partition;\n"
        "    tidewheel_offset bigint := tidewheel_raw_row.\"offset\";\n"
        "    tidewheel_timestamp timestamptz := tidewheel_raw_row.record_time;\n"
        "    tidewheel_key bytea := tidewheel_raw_row.key;\n"
        "    tidewheel_headers jsonb := tidewheel_raw_row.headers;\n"
        "BEGIN\n"
        "    IF coalesce(octet_length(tidewheel_raw_row.payload), 0) = 0 THEN RETURN 'it has no "
        "value'; END IF;\n"
        "    tidewheel_text := convert_from(tidewheel_raw_row.payload, 'UTF8');\n"
        "    tidewheel_doc := tidewheel_text::jsonb;\n"
        "    IF jsonb_typeof(tidewheel_doc) <> 'object' THEN RETURN 'it is no JSON object'; END "
        "IF;\n" +
        depth_check() + duplicate_check(stream.schema) + "    SELECT " +
        joined(values(stream), ", ") +
        ", tidewheel_partition, tidewheel_offset, tidewheel_timestamp INTO tidewheel_row;\n" +
        forms + nulls + route_check(stream.schema) + constraint_checks(stream) +
        "    RETURN NULL;\n"
        "EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;\n"
        "END";
    return "CREATE FUNCTION pg_temp.tidewheel_judge(tidewheel_raw_row pg_temp.tidewheel_raw) "
           "RETURNS text LANGUAGE plpgsql AS " +
           quote_literal(body);
}

}  // namespace tidewheel::cli
