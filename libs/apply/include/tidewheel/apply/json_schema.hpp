#pragma once
#include <string>

#include "tidewheel/sql/pipeline.hpp"

namespace tidewheel::apply {

// A stream's wire contract as JSON Schema (draft 2020-12), from its own DDL: types, required fields
// (NOT NULL without DEFAULT) and the CHECKs that compare one column with literals. Other CHECKs
// have no counterpart in JSON Schema and are left to the services. Indented, with a closing
// newline.
std::string json_schema(const sql::Stream& stream);

}  // namespace tidewheel::apply
