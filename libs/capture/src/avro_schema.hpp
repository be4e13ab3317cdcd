#pragma once
#include <string>
#include <vector>

#include "column.hpp"

namespace tidewheel::capture {

// How a column is written; the logical type, if any, is in the schema.
enum class AvroType {
    boolean,
    int32,
    int64,
    float32,
    float64,
    bytes,
    string,
    decimal,
    date,
    timestamp
};

AvroType avro_type(const Column& column);
// A column that may be NULL is a union with null; so is every decimal, which can't be NaN.
bool is_nullable(const Column& column);
// A record of these columns. Column names are names in Avro, too (apply checks that).
std::string avro_schema(const std::string& sink, const std::vector<Column>& columns);

}  // namespace tidewheel::capture
