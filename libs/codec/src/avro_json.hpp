#pragma once
#include <string>

#include "avro_input.hpp"
#include "avro_scalar.hpp"
#include "tidewheel/codec/avro_schema.hpp"

namespace tidewheel::codec {

// Takes any value and appends it as JSON: records and maps are objects, arrays are arrays, a union
// is the value that it holds. `depth`: of records, arrays, maps and unions around it.
AvroVerdict append_json(const AvroSchema& schema, AvroInput& input, std::string& scratch, int depth,
                        std::string& json);

// Takes a value that nobody wants, without looking into its strings.
AvroVerdict skip_value(const AvroSchema& schema, AvroInput& input, int depth);

// The branch that a union holds; nullptr: there is no such branch.
const AvroSchema* take_branch(const AvroSchema& schema, AvroInput& input);

}  // namespace tidewheel::codec
