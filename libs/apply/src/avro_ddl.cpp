#include "tidewheel/apply/avro_ddl.hpp"

#include <algorithm>
#include <vector>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::apply {
namespace {

using codec::AvroLogical;
using codec::AvroSchema;
using codec::AvroType;

std::string type_of(const AvroSchema& schema);

bool may_be_null(const AvroSchema& schema) {
    return schema.type == AvroType::null ||
           (schema.type == AvroType::choice &&
            std::ranges::any_of(schema.inside, [](const AvroSchema* branch) {
                return branch->type == AvroType::null;
            }));
}

// One of a single branch beside null is that branch; of others, only jsonb takes all.
std::string type_of_union(const AvroSchema& schema) {
    std::vector<const AvroSchema*> branches;
    for (const AvroSchema* branch : schema.inside)
        if (branch->type != AvroType::null) branches.push_back(branch);
    return branches.size() == 1 ? type_of(*branches.front()) : "jsonb";
}

// Items that are composite, or may be NULL, stay JSON.
std::string type_of_array(const AvroSchema& schema) {
    const std::string items = type_of(*schema.inside.front());
    const bool is_plain = items != "jsonb" && !items.ends_with("[]") && items != "bytea";
    return is_plain ? items + "[]" : "jsonb";
}

std::string type_of_logical(const AvroSchema& schema) {
    switch (schema.logical) {
        case AvroLogical::decimal:
            return "numeric";
        case AvroLogical::uuid:
            return "uuid";
        case AvroLogical::date:
            return "date";
        case AvroLogical::time:
            return "time";
        case AvroLogical::timestamp:
            return "timestamptz";
        case AvroLogical::local_timestamp:
            return "timestamp";
        case AvroLogical::duration:
            return "interval";
        case AvroLogical::none:
            break;
    }
    return "";
}

std::string type_of(const AvroSchema& schema) {
    if (schema.logical != AvroLogical::none) return type_of_logical(schema);
    switch (schema.type) {
        case AvroType::boolean:
            return "boolean";
        case AvroType::int32:
            return "integer";
        case AvroType::int64:
            return "bigint";
        case AvroType::float32:
            return "real";
        case AvroType::float64:
            return "double precision";
        case AvroType::bytes:
        case AvroType::fixed:
            return "bytea";
        case AvroType::string:
        case AvroType::enumeration:
        case AvroType::null:
            return "text";
        case AvroType::array:
            return type_of_array(schema);
        case AvroType::choice:
            return type_of_union(schema);
        case AvroType::map:
        case AvroType::record:
            break;
    }
    return "jsonb";
}

}  // namespace

std::string avro_ddl(const std::string& stream, const AvroSchema& schema,
                     const std::string& options) {
    if (schema.type != AvroType::record || schema.fields.empty())
        throw Error(Error::Kind::setting, "the schema is not one of a record with fields",
                    "The columns of a stream are the fields of its records.");
    std::vector<std::string> columns;
    for (const AvroSchema::Field& field : schema.fields)
        columns.push_back("    " + postgres::quote_name(field.name) + " " + type_of(*field.schema) +
                          (may_be_null(*field.schema) ? "" : " NOT NULL"));
    return "CREATE FOREIGN TABLE " + postgres::quote_name(stream) + " (\n" +
           joined(columns, ",\n") + "\n) SERVER kafka OPTIONS (" + options + ");\n";
}

}  // namespace tidewheel::apply
