#pragma once
#include <string>
#include <vector>

#include "avro_input.hpp"
#include "avro_scalar.hpp"
#include "field_tree.hpp"
#include "row_writer.hpp"
#include "tidewheel/codec/avro_schema.hpp"

namespace tidewheel::codec {

// What is done with a value of a writer's schema, for the columns of one stream.
struct AvroStep {
    const AvroSchema* schema;
    FieldTree::Node* node = nullptr;  // whose columns take it; nullptr: it is skipped
    // For the fields of a record in which columns are, or for the branches of a union.
    std::vector<AvroStep> inside = {};
};

// The steps for a schema that records are written with: its fields become those of the tree of the
// same names. Whatever no column takes is skipped.
AvroStep steps_for(const AvroSchema& schema, FieldTree::Node& root);

// Reads the fields of a record into columns of a row, by the steps for its schema. Allocates nothing
// once its texts have grown.
class AvroRecord {
  public:
    AvroRecord(const engine::Schema& schema, FieldTree& fields, RowWriter& writer)
        : schema_(schema), fields_(fields), writer_(writer) {}

    // False: the record is refused; the writer knows why.
    bool read(const AvroStep& root, std::string_view bytes);

  private:
    bool read_value(const AvroStep& step, AvroInput& input);
    bool read_union(const AvroStep& step, AvroInput& input);
    bool read_fields(const AvroStep& step, AvroInput& input);
    bool read_composite(const AvroStep& step, AvroInput& input);
    bool read_scalar(const AvroStep& step, AvroInput& input);
    bool hand_over(const FieldTree::Node& node, Value value);
    bool refuse(AvroVerdict verdict, const FieldTree::Node* node);

    const engine::Schema& schema_;
    FieldTree& fields_;
    RowWriter& writer_;
    std::string scratch_, json_;
};

}  // namespace tidewheel::codec
