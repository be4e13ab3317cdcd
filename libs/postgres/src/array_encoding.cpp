#include <stdexcept>

#include "tidewheel/postgres/copy_encoder.hpp"

namespace tidewheel::postgres {
namespace {

// As in pg_type.
struct ElementType {
    engine::Kind kind;
    std::uint32_t oid;
    const char* name;
};

const ElementType& element_type(engine::Kind kind) {
    using enum engine::Kind;
    static constexpr ElementType types[] = {
        {boolean, 16, "bool"},
        {int16, 21, "int2"},
        {int32, 23, "int4"},
        {int64, 20, "int8"},
        {float32, 700, "float4"},
        {float64, 701, "float8"},
        {numeric, 1700, "numeric"},
        {text, 25, "text"},
        {varchar, 1043, "varchar"},
        {uuid, 2950, "uuid"},
        {date, 1082, "date"},
        {time, 1083, "time"},
        {timestamp, 1114, "timestamp"},
        {timestamptz, 1184, "timestamptz"},
        {json, 114, "json"},
        {jsonb, 3802, "jsonb"},
        {bytea, 17, "bytea"},
    };
    for (const ElementType& type : types)
        if (type.kind == kind) return type;
    throw std::logic_error("no arrays of this type");
}

}  // namespace

void begin_array(CopyEncoder& out, engine::Kind elements, std::size_t size) {
    out.array(element_type(elements).oid, size);
}

std::string array_type(engine::Kind elements) {
    return std::string("pg_catalog.") + element_type(elements).name + "[]";
}

}  // namespace tidewheel::postgres
