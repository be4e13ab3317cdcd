#include "tidewheel/apply/json_schema.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "json_schema_check.hpp"
#include "tidewheel/codec/json.hpp"

namespace tidewheel::apply {
namespace {

using codec::Json;

struct TypeWords {
    std::string_view sql;   // the type's name in the DDL, without its modifiers
    std::string_view json;  // empty: any value
    std::string_view format;
};

constexpr TypeWords type_words[] = {
    {"bool", "boolean", {}},
    {"boolean", "boolean", {}},
    {"smallint", "integer", {}},
    {"int2", "integer", {}},
    {"int", "integer", {}},
    {"integer", "integer", {}},
    {"int4", "integer", {}},
    {"bigint", "integer", {}},
    {"int8", "integer", {}},
    {"real", "number", {}},
    {"float4", "number", {}},
    {"double precision", "number", {}},
    {"float8", "number", {}},
    {"numeric", "number", {}},
    {"decimal", "number", {}},
    {"text", "string", {}},
    {"varchar", "string", {}},
    {"character varying", "string", {}},
    {"uuid", "string", "uuid"},
    {"timestamptz", "string", "date-time"},
    {"timestamp with time zone", "string", "date-time"},
    {"timestamp", "string", {}},  // a date-time has to have a zone
    {"timestamp without time zone", "string", {}},
    {"date", "string", "date"},
    {"time", "string", {}},
};

// "timestamp (3) with time zone" → "timestamp with time zone"; also without pg_catalog.
std::string bare_type(std::string type) {
    constexpr std::string_view catalogue = "pg_catalog.";
    if (type.starts_with(catalogue)) type.erase(0, catalogue.size());
    std::size_t begin = type.find('(');
    const std::size_t end = type.find(')');
    if (begin == std::string::npos || end == std::string::npos) return type;
    while (begin > 0 && type[begin - 1] == ' ')
        --begin;
    return type.erase(begin, end + 1 - begin);
}

void add_type(const sql::StreamColumn& column, Json& schema) {
    const std::string name = bare_type(column.type);
    const auto found = std::ranges::find(type_words, name, &TypeWords::sql);
    if (found == std::end(type_words) || found->json.empty()) return;
    const TypeWords words = column.epoch ? TypeWords{found->sql, "number", {}} : *found;
    if (column.not_null)
        schema.set("type", words.json);
    else
        schema.set("type", Json::array().push(words.json).push("null"));
    if (!words.format.empty()) schema.set("format", words.format);
}

// A nullable column's enum has to name null, or null would be refused; const likewise.
void allow_null(Json& schema) {
    if (const Json* only = schema.find("const")) {
        Json::Object members = schema.members();
        std::ranges::find(members, "const", &Json::Object::value_type::first)->first = "enum";
        Json values = Json::array().push(*only);
        schema = Json(std::move(members));
        schema.set("enum", std::move(values));
    }
    if (const Json* values = schema.find("enum")) {
        Json with_null = *values;
        schema.set("enum", with_null.push(nullptr));
    }
}

Json schema_of(const sql::StreamColumn& column, std::span<const sql::Check> checks) {
    Json schema = Json::object();
    add_type(column, schema);
    // CHECKs of a time that is sent as a number are about the time.
    if (!column.epoch)
        for (const sql::Check& check : checks)
            add_check(check.expression, column.name, schema);
    if (!column.not_null) allow_null(schema);
    return schema;
}

// The object at one level of nesting. `depth` names of the columns' paths lead to it, and are the
// same for all of them.
Json object_of(std::span<const sql::StreamColumn* const> columns, std::size_t depth,
               std::span<const sql::Check> checks);

// Columns whose paths share the name at this depth: one plain member, or an object of its own.
Json member_of(std::span<const sql::StreamColumn* const> columns, std::size_t depth,
               std::span<const sql::Check> checks) {
    if (columns.front()->path.size() == depth + 1) return schema_of(*columns.front(), checks);
    return object_of(columns, depth + 1, checks);
}

bool has_to_be_there(const sql::StreamColumn* column) {
    return column->not_null && column->fallback.empty();
}

Json object_of(std::span<const sql::StreamColumn* const> columns, std::size_t depth,
               std::span<const sql::Check> checks) {
    Json properties = Json::object(), required = Json::array();
    for (const sql::StreamColumn* column : columns) {
        const std::string& name = column->path[depth];
        if (properties.find(name)) continue;
        std::vector<const sql::StreamColumn*> same;
        std::ranges::copy_if(columns, std::back_inserter(same),
                             [&](auto* other) { return other->path[depth] == name; });
        properties.set(name, member_of(same, depth, checks));
        if (std::ranges::any_of(same, has_to_be_there)) required.push(name);
    }
    Json object = Json::object();
    object.set("type", "object").set("properties", std::move(properties));
    if (!required.items().empty()) object.set("required", std::move(required));
    return object.set("additionalProperties", true);
}

Json route_of(const sql::Stream& stream) {
    Json partitions = Json::object();
    for (const auto& rule : stream.rules)
        partitions.set(rule.value, rule.partitions);
    return Json::object().set("column", stream.route).set("partitions", std::move(partitions));
}

// Of a row, which a JSON Schema can't describe.
Json row_of(const sql::Stream& stream, const std::vector<const sql::StreamColumn*>& fields) {
    Json columns = Json::array();
    for (const sql::StreamColumn* field : fields)
        columns.push(field->name);
    const auto text = [](char c) { return std::string(1, c); };
    return Json::object()
        .set("columns", std::move(columns))
        .set("delimiter", text(stream.csv.delimiter))
        .set("quote", text(stream.csv.quote))
        .set("escape", text(stream.csv.escape))
        .set("null", stream.csv.null);
}

}  // namespace

std::string json_schema(const sql::Stream& stream) {
    std::vector<const sql::StreamColumn*> fields;
    for (const sql::StreamColumn& column : stream.columns)
        if (column.source == engine::ColumnOrigin::field) fields.push_back(&column);

    Json schema = Json::object();
    schema.set("$schema", "https://json-schema.org/draft/2020-12/schema")
        .set("title", stream.name.text())
        .set("x-kafka-topic", stream.topic)
        .set("x-kafka-partitions", stream.partitions);
    if (!stream.event_time.empty()) schema.set("x-event-time", stream.event_time);
    if (!stream.route.empty()) schema.set("x-route", route_of(stream));
    if (stream.format == "csv") schema.set("x-csv", row_of(stream, fields));
    if (stream.format != "json") return schema.set("x-format", stream.format).dump(2) + '\n';
    const Json record = object_of(fields, 0, stream.checks);
    for (const auto& [name, value] : record.members())
        schema.set(name, value);
    return schema.dump(2) + '\n';
}

}  // namespace tidewheel::apply
