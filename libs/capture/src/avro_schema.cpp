#include "avro_schema.hpp"

#include <algorithm>
#include <cctype>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::capture {
namespace {

using codec::Json;

struct Mapping {
    std::string_view postgres;
    AvroType type;
    const char* avro;
    const char* logical = nullptr;
};

constexpr Mapping mappings[] = {
    {"bool", AvroType::boolean, "boolean"},
    {"int2", AvroType::int32, "int"},
    {"int4", AvroType::int32, "int"},
    {"int8", AvroType::int64, "long"},
    {"float4", AvroType::float32, "float"},
    {"float8", AvroType::float64, "double"},
    {"bytea", AvroType::bytes, "bytes"},
    {"date", AvroType::date, "int", "date"},
    {"timestamptz", AvroType::timestamp, "long", "timestamp-micros"},
    {"timestamp", AvroType::timestamp, "long", "local-timestamp-micros"},
    {"uuid", AvroType::string, "string", "uuid"},
};
constexpr Mapping other{"", AvroType::string, "string"};

const Mapping& mapping(const Column& column) {
    const auto found = std::ranges::find(mappings, column.type, &Mapping::postgres);
    return found == std::end(mappings) ? other : *found;
}

// Without a precision a number may have any scale, and Avro's have one for all.
bool is_decimal(const Column& column) {
    return column.type == "numeric" && column.precision > 0 && column.scale >= 0 &&
           column.scale <= column.precision;
}

Json type_of(const Column& column) {
    if (is_decimal(column))
        return Json::object()
            .set("type", "bytes")
            .set("logicalType", "decimal")
            .set("precision", column.precision)
            .set("scale", column.scale);
    const Mapping& found = mapping(column);
    if (!found.logical) return found.avro;
    return Json::object().set("type", found.avro).set("logicalType", found.logical);
}

std::string as_name(std::string name) {
    for (char& c : name)
        if (static_cast<unsigned char>(c) >= 128 || !std::isalnum(static_cast<unsigned char>(c)))
            c = '_';
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) name = "_" + name;
    return name;
}

}  // namespace

AvroType avro_type(const Column& column) {
    return is_decimal(column) ? AvroType::decimal : mapping(column).type;
}

bool is_nullable(const Column& column) {
    return !column.not_null || is_decimal(column);
}

std::string avro_schema(const std::string& sink, const std::vector<Column>& columns) {
    Json fields = Json::array();
    for (const Column& column : columns) {
        Json type = type_of(column);
        if (is_nullable(column)) type = Json::array().push("null").push(std::move(type));
        fields.push(Json::object().set("name", column.name).set("type", std::move(type)));
    }
    return Json::object()
        .set("type", "record")
        .set("name", as_name(sink))
        .set("fields", std::move(fields))
        .dump();
}

}  // namespace tidewheel::capture
