#include "column_values.hpp"

#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::verify {

using engine::Column;
using engine::ColumnOrigin;
using engine::Kind;
using postgres::quote_literal;
using postgres::quote_name;

std::string path_literal(const Column& column) {
    std::vector<postgres::Parameter> names;
    for (const std::string& name : column.path)
        names.emplace_back(name);
    return quote_literal(postgres::array_literal(names)) + "::text[]";
}

bool is_field(const Column& column) {
    return column.source == ColumnOrigin::field || is_field_of_key(column);
}

bool is_field_of_key(const Column& column) {
    return column.source == ColumnOrigin::key && !column.path.empty();
}

bool is_json_text(const Column& column) {
    return column.source == ColumnOrigin::field &&
           (column.type.kind == Kind::json || column.type.kind == Kind::jsonb);
}

namespace {

// What holds the field, as jsonb and as json.
std::string document_of(const Column& column) {
    return is_field_of_key(column) ? "tidewheel_key_doc" : "tidewheel_doc";
}
std::string json_of(const Column& column) {
    return is_field_of_key(column) ? "tidewheel_key_json" : "tidewheel_json";
}

}  // namespace

std::string json_value(const Column& column) {
    return "NULLIF(" + document_of(column) + " #> " + path_literal(column) + ", 'null')";
}

std::string text_value(const Column& column) {
    return "(" + json_of(column) + " #>> " + path_literal(column) + ")";
}

namespace {

std::string header_bytes(const std::string& name) {
    return "(SELECT decode(h.item ->> 'value', 'hex') FROM "
           "jsonb_array_elements(tidewheel_headers) WITH ORDINALITY AS h(item, n) WHERE "
           "h.item ->> 'name' = encode(convert_to(" +
           quote_literal(name) + ", 'UTF8'), 'hex') ORDER BY h.n DESC LIMIT 1)";
}

constexpr const char* all_headers =
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('name', pg_temp.tidewheel_header(decode(h.item "
    "->> 'name', 'hex')), 'value', pg_temp.tidewheel_header(decode(h.item ->> 'value', 'hex'))) "
    "ORDER BY h.n), '[]') FROM jsonb_array_elements(tidewheel_headers) WITH ORDINALITY AS h(item, "
    "n))";

}  // namespace

std::string header_value(const std::string& name) {
    return "convert_from(" + header_bytes(name) + ", 'UTF8')";
}

std::string epoch_microseconds(const Column& column, const std::string& text) {
    using engine::EpochUnit;
    const auto per_unit = [](EpochUnit unit) {
        switch (unit) {
            case EpochUnit::second:
                return "1000000";
            case EpochUnit::millisecond:
                return "1000";
            case EpochUnit::microsecond:
                return "1";
            case EpochUnit::nanosecond:
                break;
        }
        return "0.001";
    };
    return "round(" + text + "::numeric * " + per_unit(*column.epoch) + ")";
}

namespace {

// A time that is written as a number. An interval is multiplied in double precision: exact for the
// days and for the microseconds of one, each alone.
std::string time_of_number(const Column& column, const std::string& text) {
    return "(SELECT (timestamp 'epoch' + div(us, 86400000000)::integer * interval '1 day' + "
           "mod(us, 86400000000) * interval '1 microsecond')" +
           std::string(column.type.kind == Kind::timestamptz ? " AT TIME ZONE 'UTC'" : "") +
           " FROM " + epoch_microseconds(column, text) + " us)::" + column.type.sql;
}

std::string converted(const Column& column, bool is_csv) {
    if (is_csv && is_json_text(column)) return text_value(column) + "::" + column.type.sql;
    if (column.epoch) return time_of_number(column, text_value(column));
    switch (column.type.kind) {
        case Kind::text:
        case Kind::varchar:
            // varchar(n): the assignment to the column checks the length; a cast would cut it.
            return text_value(column);
        case Kind::jsonb:
            return json_value(column);
        case Kind::json:
            return "CASE WHEN " + json_value(column) + " IS NOT NULL THEN " + json_of(column) +
                   " #> " + path_literal(column) + " END";
        case Kind::other:
            return "tidewheel_converted." + quote_name(column.name);
        default:
            return text_value(column) + "::" + column.type.sql;
    }
}

std::string or_fallback(const Column& column, const std::string& fallback,
                        const std::string& value) {
    if (fallback.empty()) return value;
    const std::string document = document_of(column);
    return "CASE WHEN " + document + " IS NOT NULL AND " + document + " #> " +
           path_literal(column) + " IS NULL THEN " + fallback + " ELSE " + value + " END";
}

bool is_converted(const Column& column) {
    return column.type.kind == Kind::other && is_field(column);
}

std::string value_of(const Column& column, const std::string& fallback, bool is_csv) {
    const bool text = column.type.kind == Kind::text || column.type.kind == Kind::varchar;
    const bool bytes = column.type.kind == Kind::bytea;
    const std::string cast = text ? "" : "::" + column.type.sql;
    const auto read = [&](const std::string& written) {
        return column.epoch ? time_of_number(column, written) : written + cast;
    };
    if (is_field(column))
        return is_converted(column) ? converted(column, is_csv)
                                    : or_fallback(column, fallback, converted(column, is_csv));
    switch (column.source) {
        case ColumnOrigin::field:
            break;
        case ColumnOrigin::partition:
            return "tidewheel_partition" + (text ? "::text" : cast);
        case ColumnOrigin::offset:
            return "tidewheel_offset" + (text ? "::text" : cast);
        case ColumnOrigin::timestamp:
            return "tidewheel.record_time(tidewheel_timestamp, " + quote_literal(column.name) +
                   ")" + cast;
        case ColumnOrigin::key:
            return bytes ? "tidewheel_key" : read("convert_from(tidewheel_key, 'UTF8')");
        case ColumnOrigin::header:
            return bytes ? header_bytes(column.header) : read(header_value(column.header));
        case ColumnOrigin::headers:
            return all_headers;
        case ColumnOrigin::tombstone:
            return "(tidewheel_value IS NULL)";
        case ColumnOrigin::value:
            return bytes ? "tidewheel_value" : "convert_from(tidewheel_value, 'UTF8')";
    }
    return "NULL";
}

}  // namespace

std::string converted_record(const catalogue::StoredStream& stream) {
    std::vector<std::string> fields, names;
    for (std::size_t i = 0; i < stream.schema.columns.size(); ++i) {
        const Column& column = stream.schema.columns[i];
        if (!is_converted(column)) continue;
        std::string fallback = stream.stream.columns.at(i).fallback;
        if (!fallback.empty()) fallback = "to_jsonb((" + fallback + ")::" + column.type.sql + ")";
        names.push_back("c." + quote_name(column.name));
        fields.push_back("jsonb_build_object(" + quote_literal(column.name) + ", " +
                         or_fallback(column, fallback, json_value(column)) + ")");
    }
    if (fields.empty()) return "";
    return "(SELECT " + joined(names, ", ") +
           " FROM jsonb_populate_record(NULL::pg_temp.tidewheel_good, " + joined(fields, " || ") +
           ") c) tidewheel_converted";
}

std::vector<std::string> column_values(const catalogue::StoredStream& stream) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < stream.schema.columns.size(); ++i)
        list.push_back(value_of(stream.schema.columns[i], stream.stream.columns.at(i).fallback,
                                stream.stream.format == "csv"));
    return list;
}

}  // namespace tidewheel::verify
