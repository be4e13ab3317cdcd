#include "sql_decoder.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "column_values.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "value_forms.hpp"

namespace tidewheel::verify {
namespace {

using engine::Column;
using engine::ColumnOrigin;
using engine::Kind;
using postgres::quote_literal;
using postgres::quote_name;

std::string column_names(const catalogue::StoredStream& stream) {
    std::vector<std::string> names;
    for (const Column& column : stream.schema.columns)
        names.push_back(quote_name(column.name));
    return joined(names, ", ");
}

// jsonb keeps the last of two fields with one name; json_each shows both. Looked for in the record
// and in each object that a column's path leads into.
std::string duplicate_check(const engine::Schema& schema, ColumnOrigin object_of) {
    std::set<std::string> objects{"tidewheel_text::json"};
    for (const Column& column : schema.columns) {
        Column leading = column;
        while (column.source == object_of && leading.path.size() > 1) {
            leading.path.pop_back();
            objects.insert("tidewheel_text::json #> " + path_literal(leading));
        }
    }
    std::string check;
    for (const std::string& object : objects)
        check +=
            "    IF json_typeof(" + object + ") = 'object' AND EXISTS (SELECT FROM json_each(" +
            object +
            ") GROUP BY key HAVING count(*) > 1) THEN RETURN 'it has a duplicate field'; END IF;\n";
    return check;
}

bool is_json(const catalogue::StoredStream& stream) {
    return stream.stream.format == "json";
}

// A record of Avro or CSV has a document in JSON of its own (avro_documents.hpp, csv_documents.hpp).
bool has_document(const catalogue::StoredStream& stream) {
    return stream.stream.format == "avro" || stream.stream.format == "csv";
}

// The record as jsonb and json.
std::string documents(const catalogue::StoredStream& stream) {
    const std::string text = is_json(stream)        ? "convert_from(r.payload, 'UTF8')"
                             : has_document(stream) ? "r.document"
                                                    : "NULL";
    return text + "::jsonb AS tidewheel_doc, " + text + "::json AS tidewheel_json";
}

std::string tombstone_check(const engine::Schema& schema) {
    if (!schema.ignores_tombstones) return "";
    return "    IF tidewheel_raw_row.payload IS NULL THEN RETURN NULL; END IF;\n";
}

std::string depth_check() {
    return "    IF " + is_too_deep("tidewheel_text") +
           " THEN RETURN 'it is nested too deeply'; END IF;\n";
}

std::string number_check() {
    return "    IF " + beyond_number_limits(without_strings("tidewheel_text")) +
           " THEN RETURN 'it has a number beyond the limits'; END IF;\n";
}

// The text of a value or a key as JSON, which has to be an object.
std::string object_checks(const engine::Schema& schema, ColumnOrigin object_of,
                          const std::string& what) {
    const std::string prefix = object_of == ColumnOrigin::key ? "tidewheel_key_" : "tidewheel_";
    return "    tidewheel_text := convert_from(" + what + ", 'UTF8');\n    " + prefix +
           "doc := tidewheel_text::jsonb;\n    " + prefix + "json := tidewheel_text::json;\n" +
           "    IF jsonb_typeof(" + prefix +
           "doc) <> 'object' THEN RETURN 'it is not a JSON object'; END IF;\n" + depth_check() +
           number_check() + duplicate_check(schema, object_of);
}

std::string parse_checks(const engine::Schema& schema) {
    const std::string checks =
        "    IF coalesce(octet_length(tidewheel_value), 0) = 0 THEN RETURN 'it has no value'; END "
        "IF;\n" +
        object_checks(schema, ColumnOrigin::field, "tidewheel_value");
    // A tombstone of a stream that takes them: its document is NULL, and so is every field of it.
    return schema.takes_tombstones()
               ? "    IF tidewheel_value IS NOT NULL THEN\n" + checks + "    END IF;\n"
               : checks;
}

std::string document_checks(const engine::Schema& schema) {
    return "    tidewheel_doc := tidewheel_raw_row.document::jsonb;\n    tidewheel_json := "
           "tidewheel_raw_row.document::json;\n    IF tidewheel_doc IS NULL" +
           std::string(schema.takes_tombstones() ? " AND tidewheel_value IS NOT NULL" : "") +
           " THEN RETURN 'it can''t be read'; END IF;\n";
}

std::string value_checks(const catalogue::StoredStream& stream) {
    if (has_document(stream)) return document_checks(stream.schema);
    return is_json(stream) ? parse_checks(stream.schema) : "";
}

bool reads_key(const engine::Schema& schema) {
    return std::ranges::any_of(schema.columns, is_field_of_key);
}

std::string key_checks(const engine::Schema& schema) {
    if (!reads_key(schema)) return "";
    return "    IF tidewheel_key IS NOT NULL THEN\n" +
           object_checks(schema, ColumnOrigin::key, "tidewheel_key") + "    END IF;\n";
}

bool is_moment(Kind kind) {
    return kind == Kind::date || kind == Kind::time || kind == Kind::timestamp ||
           kind == Kind::timestamptz;
}

// The text whose form is checked; empty: the column takes no text from the record.
std::string text_of(const Column& column) {
    if (column.type.kind == Kind::bytea || column.source == ColumnOrigin::headers) return "";
    if (is_field(column)) return text_value(column);
    switch (column.source) {
        case ColumnOrigin::key:
            return "convert_from(tidewheel_key, 'UTF8')";
        case ColumnOrigin::header:
            return header_value(column.header);
        default:
            return "";
    }
}

// In microseconds since 1970, the first and the last ones.
constexpr const char* year_1 = "-62135596800000000";
constexpr const char* year_9999 = "253402300799999999";

// PostgreSQL reads more than a stream takes ('tomorrow', 20240506, 'NaN').
std::string form_check(const Column& column, bool is_csv) {
    const bool is_bytea = column.type.kind == Kind::bytea && is_field(column);
    const std::string text = is_bytea ? text_value(column) : text_of(column);
    if (text.empty()) return "";
    const engine::Type number{Kind::numeric, -1, "numeric"};
    std::string broken = breaks_form(column.epoch ? number : column.type, text);
    if (is_bytea) broken = text + R"( NOT LIKE '\\x%')";
    if (column.epoch)
        broken += " OR " + epoch_microseconds(column, text) + " NOT BETWEEN " + year_1 + " AND " +
                  year_9999;
    else if (is_moment(column.type.kind) && is_field(column))
        broken += " OR jsonb_typeof(" + json_value(column) + ") <> 'string'";
    const bool wants_json = column.type.kind == Kind::json || column.type.kind == Kind::jsonb ||
                            column.type.kind == Kind::other;
    if (wants_json && !is_field(column)) broken = text + " IS NOT NULL";
    if (is_csv && is_json_text(column)) broken = breaks_json(text);
    if (broken.empty()) return "";
    return "    IF " + broken + " THEN RETURN " +
           quote_literal(column.name + " is not in the form of " + column.type.sql) + "; END IF;\n";
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
std::string constraint_checks(const catalogue::StoredStream& stream) {
    std::vector<std::string> columns;
    for (const Column& column : stream.schema.columns)
        columns.push_back("tidewheel_row." + quote_name(column.name) + " AS " +
                          quote_name(column.name));
    std::string checks;
    for (const catalogue::CheckRule& rule : stream.checks)
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
           "headers jsonb, payload bytea, document text)";
}

std::string header_ddl() {
    return "CREATE OR REPLACE FUNCTION pg_temp.tidewheel_header(bytes bytea) RETURNS text LANGUAGE "
           "plpgsql AS $$ BEGIN RETURN CASE WHEN convert_from(bytes, 'UTF8') LIKE '\\\\x%' THEN "
           "bytes::text ELSE convert_from(bytes, 'UTF8') END; EXCEPTION WHEN OTHERS THEN RETURN "
           "bytes::text; END $$";
}

std::string good_table_ddl(const catalogue::StoredStream& stream) {
    return "CREATE TEMP TABLE tidewheel_good (LIKE " + stream.stream.name.quoted() +
           " INCLUDING CONSTRAINTS, tidewheel_partition integer, tidewheel_offset bigint, "
           "tidewheel_timestamp timestamptz)";
}

std::string decode_script(const catalogue::StoredStream& stream, const std::string& condition) {
    const std::string record = converted_record(stream);
    // OFFSET 0 keeps the planner from parsing the document again for every column.
    return "INSERT INTO pg_temp.tidewheel_good (" + column_names(stream) +
           ", tidewheel_partition, tidewheel_offset, tidewheel_timestamp) SELECT " +
           joined(column_values(stream), ", ") +
           ", tidewheel_partition, tidewheel_offset, tidewheel_timestamp FROM (SELECT r.partition "
           "AS tidewheel_partition, "
           "r.\"offset\" AS tidewheel_offset, r.record_time AS tidewheel_timestamp, r.key AS "
           "tidewheel_key, r.headers AS tidewheel_headers, "
           "r.payload AS tidewheel_value, " +
           documents(stream) +
           (reads_key(stream.schema) ? ", convert_from(r.key, 'UTF8')::jsonb AS tidewheel_key_doc, "
                                       "convert_from(r.key, 'UTF8')::json AS tidewheel_key_json"
                                     : "") +
           " FROM pg_temp.tidewheel_raw r WHERE " + condition + " OFFSET 0) tidewheel_record" +
           (record.empty() ? "" : " CROSS JOIN LATERAL " + record);
}

std::string judge_ddl(const catalogue::StoredStream& stream) {
    std::string forms, nulls;
    for (const Column& column : stream.schema.columns) {
        forms += form_check(column, stream.stream.format == "csv");
        nulls += null_check(column);
    }
    const std::string record = converted_record(stream);
    const std::string body =
        "#variable_conflict use_column\n"
        "DECLARE\n"
        "    tidewheel_text text;\n"
        "    tidewheel_doc jsonb;\n"
        "    tidewheel_json json;\n" +
        std::string(reads_key(stream.schema)
                        ? "    tidewheel_key_doc jsonb;\n    tidewheel_key_json json;\n"
                        : "") +
        "    tidewheel_row pg_temp.tidewheel_good%ROWTYPE;\n"
        "    tidewheel_partition integer := tidewheel_raw_row.partition;\n"
        "    tidewheel_offset bigint := tidewheel_raw_row.\"offset\";\n"
        "    tidewheel_timestamp timestamptz := tidewheel_raw_row.record_time;\n"
        "    tidewheel_key bytea := tidewheel_raw_row.key;\n"
        "    tidewheel_headers jsonb := tidewheel_raw_row.headers;\n"
        "    tidewheel_value bytea := tidewheel_raw_row.payload;\n"
        "BEGIN\n" +
        tombstone_check(stream.schema) + value_checks(stream) + key_checks(stream.schema) +
        "    SELECT " + joined(column_values(stream), ", ") +
        ", tidewheel_partition, tidewheel_offset, tidewheel_timestamp INTO tidewheel_row" +
        (record.empty() ? "" : " FROM " + record) + ";\n" + forms + nulls +
        route_check(stream.schema) + constraint_checks(stream) +
        "    RETURN NULL;\n"
        "EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;\n"
        "END";
    return "CREATE FUNCTION pg_temp.tidewheel_judge(tidewheel_raw_row pg_temp.tidewheel_raw) "
           "RETURNS text LANGUAGE plpgsql AS " +
           quote_literal(body);
}

}  // namespace tidewheel::verify
