#include "tidewheel/codec/avro_schema.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "tidewheel/codec/json.hpp"

namespace tidewheel::codec {
namespace {

struct NamedType {
    std::string_view name;
    AvroType type;
};
constexpr NamedType primitives[] = {
    {"null", AvroType::null},        {"boolean", AvroType::boolean}, {"int", AvroType::int32},
    {"long", AvroType::int64},       {"float", AvroType::float32},   {"double", AvroType::float64},
    {"bytes", AvroType::bytes},      {"string", AvroType::string},   {"fixed", AvroType::fixed},
    {"enum", AvroType::enumeration}, {"array", AvroType::array},     {"map", AvroType::map},
    {"record", AvroType::record},    {"error", AvroType::record}};

std::optional<AvroType> type_named(std::string_view name) {
    const auto found = std::ranges::find(primitives, name, &NamedType::name);
    if (found == std::end(primitives)) return std::nullopt;
    return found->type;
}

bool is_primitive(AvroType type) {
    return type <= AvroType::string;
}

struct LogicalName {
    std::string_view name;
    AvroType of;
    AvroLogical logical;
    int digits;
};
constexpr LogicalName logical_names[] = {
    {"uuid", AvroType::string, AvroLogical::uuid, 0},
    {"date", AvroType::int32, AvroLogical::date, 0},
    {"time-millis", AvroType::int32, AvroLogical::time, 3},
    {"time-micros", AvroType::int64, AvroLogical::time, 6},
    {"timestamp-millis", AvroType::int64, AvroLogical::timestamp, 3},
    {"timestamp-micros", AvroType::int64, AvroLogical::timestamp, 6},
    {"timestamp-nanos", AvroType::int64, AvroLogical::timestamp, 9},
    {"local-timestamp-millis", AvroType::int64, AvroLogical::local_timestamp, 3},
    {"local-timestamp-micros", AvroType::int64, AvroLogical::local_timestamp, 6},
    {"local-timestamp-nanos", AvroType::int64, AvroLogical::local_timestamp, 9}};

constexpr std::size_t uuid_size = 16, duration_size = 12;
constexpr std::int64_t most_digits = 1000, most_fixed = 1 << 30;

// What is wrong with a schema, on its way to parse().
struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

const Json& member(const Json& of, std::string_view name) {
    const Json* const found = of.find(name);
    if (!found) throw Malformed("a schema lacks \"" + std::string(name) + "\"");
    return *found;
}

const std::string& text(const Json& of, std::string_view name) {
    const Json& value = member(of, name);
    if (!value.is_string()) throw Malformed("\"" + std::string(name) + "\" is no string");
    return value.string();
}

const Json::Array& list(const Json& of, std::string_view name) {
    const Json& value = member(of, name);
    if (!value.is_array()) throw Malformed("\"" + std::string(name) + "\" is no array");
    return value.items();
}

std::optional<std::int64_t> whole(const Json& of, std::string_view name) {
    const Json* const value = of.find(name);
    if (!value || !value->is_integer()) return std::nullopt;
    return value->integer();
}

void set_decimal(const Json& json, AvroSchema& schema) {
    if (schema.type != AvroType::bytes && schema.type != AvroType::fixed) return;
    const auto precision = whole(json, "precision");
    const std::int64_t scale = whole(json, "scale").value_or(0);
    if (!precision || *precision < 1 || *precision > most_digits || scale < 0 || scale > *precision)
        return;
    schema.logical = AvroLogical::decimal;
    schema.digits = static_cast<int>(scale);
}

void set_logical(const Json& json, AvroSchema& schema) {
    const Json* const given = json.find("logicalType");
    if (!given || !given->is_string()) return;
    const std::string& name = given->string();
    if (name == "decimal") return set_decimal(json, schema);
    if (schema.type == AvroType::fixed) {
        if (name == "uuid" && schema.size == uuid_size) schema.logical = AvroLogical::uuid;
        if (name == "duration" && schema.size == duration_size)
            schema.logical = AvroLogical::duration;
        return;
    }
    for (const LogicalName& each : logical_names) {
        if (each.name != name || each.of != schema.type) continue;
        schema.logical = each.logical;
        schema.digits = each.digits;
    }
}

}  // namespace

class AvroSchemaReader {
  public:
    AvroSchemas read(const std::vector<std::string>& texts) {
        for (const std::string& each : texts) {
            std::string error;
            const auto json = Json::parse(each, &error);
            if (!json) throw Malformed("it is not JSON: " + error);
            schemas_.root_ = schema_of(*json, "");
        }
        if (!schemas_.root_) throw Malformed("there is none");
        return std::move(schemas_);
    }

  private:
    const AvroSchema* schema_of(const Json& json, const std::string& space) {
        if (json.is_string()) return of_name(json.string(), space);
        if (json.is_array()) return of_union(json, space);
        if (!json.is_object()) throw Malformed("a schema is no string, array or object");
        const Json& type = member(json, "type");
        if (!type.is_string()) return schema_of(type, space);
        const auto known = type_named(type.string());
        if (!known) return of_name(type.string(), space);
        AvroSchema& schema = add(*known);
        fill(json, space, schema);
        set_logical(json, schema);
        return &schema;
    }

    const AvroSchema* of_name(const std::string& name, const std::string& space) {
        if (const auto type = type_named(name); type && is_primitive(*type)) return &add(*type);
        const auto found = named_.find(full_name(name, space));
        if (found == named_.end()) throw Malformed("there is no type " + full_name(name, space));
        return found->second;
    }

    const AvroSchema* of_union(const Json& json, const std::string& space) {
        AvroSchema& schema = add(AvroType::choice);
        for (const Json& branch : json.items())
            schema.inside.push_back(schema_of(branch, space));
        return &schema;
    }

    void fill(const Json& json, const std::string& space, AvroSchema& schema) {
        switch (schema.type) {
            case AvroType::array:
                schema.inside = {schema_of(member(json, "items"), space)};
                break;
            case AvroType::map:
                schema.inside = {schema_of(member(json, "values"), space)};
                break;
            case AvroType::fixed: {
                declare(json, space, schema);
                const auto size = whole(json, "size");
                if (!size || *size < 0 || *size > most_fixed)
                    throw Malformed("a fixed has no size");
                schema.size = static_cast<std::size_t>(*size);
                break;
            }
            case AvroType::enumeration:
                declare(json, space, schema);
                for (const Json& symbol : list(json, "symbols")) {
                    if (!symbol.is_string()) throw Malformed("a symbol is no string");
                    schema.symbols.push_back(symbol.dump());
                }
                break;
            case AvroType::record:
                fill_record(json, declare(json, space, schema), schema);
                break;
            default:
                break;
        }
    }

    void fill_record(const Json& json, const std::string& space, AvroSchema& schema) {
        for (const Json& field : list(json, "fields"))
            schema.fields.push_back({text(field, "name"), schema_of(member(field, "type"), space)});
    }

    // Returns the namespace of the names inside.
    std::string declare(const Json& json, const std::string& space, AvroSchema& schema) {
        const Json* const given = json.find("namespace");
        const std::string own = given && given->is_string() ? given->string() : space;
        const std::string name = full_name(text(json, "name"), own);
        named_[name] = &schema;
        const auto dot = name.rfind('.');
        return dot == std::string::npos ? "" : name.substr(0, dot);
    }

    static std::string full_name(const std::string& name, const std::string& space) {
        return space.empty() || name.find('.') != std::string::npos ? name : space + "." + name;
    }

    AvroSchema& add(AvroType type) {
        AvroSchema& added = *schemas_.parts_.emplace_back(std::make_unique<AvroSchema>());
        added.type = type;
        return added;
    }

    AvroSchemas schemas_;
    std::map<std::string, const AvroSchema*> named_;
};

Result<AvroSchemas, std::string> AvroSchemas::parse(const std::vector<std::string>& texts) {
    try {
        return AvroSchemaReader().read(texts);
    } catch (const Malformed& error) {
        return std::string(error.what());
    }
}

}  // namespace tidewheel::codec
