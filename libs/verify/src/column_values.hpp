#pragma once
#include <string>
#include <vector>

#include "tidewheel/catalogue/catalogue.hpp"

// SQL: the stream's columns out of one record. The expressions are over tidewheel_doc and
// tidewheel_json (the record as jsonb and as json), tidewheel_converted, tidewheel_partition,
// tidewheel_offset, tidewheel_timestamp, tidewheel_key, tidewheel_headers, tidewheel_value. Pure.
namespace tidewheel::verify {

// Where the column's value is in the record, as a literal of type text[].
// Of the value's JSON, or of the key's.
bool is_field(const engine::Column& column);
bool is_field_of_key(const engine::Column& column);
// Of the value, of type json or jsonb: in CSV, JSON is written inside the text of such a field.
bool is_json_text(const engine::Column& column);
std::string path_literal(const engine::Column& column);
// The record's JSON value; SQL's NULL for JSON's.
std::string json_value(const engine::Column& column);
// The value as ->> gives it: json keeps what jsonb writes otherwise ({"a":1}, 1e2, -0).
std::string text_value(const engine::Column& column);
// A numeric: of a text that is a number of the column's epoch units, the whole microseconds.
std::string epoch_microseconds(const engine::Column& column, const std::string& text);
// The last header of the name counts. As text; header_bytes: as bytea.
std::string header_value(const std::string& name);

// For FROM: tidewheel_converted, the columns that PostgreSQL converts, out of one record that holds
// them all by their names. Empty: there are none.
std::string converted_record(const catalogue::StoredStream& stream);

// One expression for each column, of the column's type.
std::vector<std::string> column_values(const catalogue::StoredStream& stream);

}  // namespace tidewheel::verify
