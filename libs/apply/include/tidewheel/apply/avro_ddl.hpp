#pragma once
#include <string>

#include "tidewheel/codec/avro_schema.hpp"

namespace tidewheel::apply {

// The DDL to start with, of a stream whose records are written with this schema: a column for each
// field, of the type that docs/reference/avro.md gives it, NOT NULL unless it may be null. `options`:
// of the stream, as SQL. Throws Error (setting) when the schema is not one of a record with fields.
std::string avro_ddl(const std::string& stream, const codec::AvroSchema& schema,
                     const std::string& options);

}  // namespace tidewheel::apply
