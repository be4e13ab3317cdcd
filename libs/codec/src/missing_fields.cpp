#include "missing_fields.hpp"

#include <optional>

#include "number_text.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::codec {

using engine::Reason;

namespace {

// What a column takes when its field is missing: the DEFAULT of its declaration. Owns the text that
// `value` views.
class Fallback {
  public:
    explicit Fallback(const engine::Column& column) : json_(without_spaces(*column.fallback)) {
        std::string error;
        const auto parsed = Json::parse(json_, &error);
        if (!parsed)
            throw Error(Error::Kind::pipeline,
                        "the DEFAULT of column " + column.name + " is not JSON: " + error);
        text_ = parsed->is_string() ? parsed->string() : json_;
        shape_ = shape_of(*parsed);
    }
    Value value() const { return {shape_, text_, json_}; }

  private:
    static Value::Shape shape_of(const Json& json) {
        if (json.is_null()) return Value::Shape::null;
        if (json.is_string()) return Value::Shape::string;
        if (json.is_object() || json.is_array()) return Value::Shape::composite;
        return json.is_boolean() ? Value::Shape::boolean : Value::Shape::number;
    }

    std::string json_, text_;
    Value::Shape shape_;
};

}  // namespace

struct MissingFields::Expected {
    std::size_t column;
    const FieldTree::Node* node;
    std::optional<Fallback> fallback;
};

MissingFields::MissingFields(const engine::Schema& schema, const FieldTree& fields,
                             RowWriter& writer)
    : schema_(schema), fields_(fields), writer_(writer) {
    for (std::size_t i = 0; i < schema.columns.size(); ++i) {
        const engine::Column& column = schema.columns[i];
        const FieldTree::Node* node = fields_.node_of(i);
        if (!node || (!column.not_null && !column.fallback)) continue;
        expected_.push_back({i, node, std::nullopt});
        if (column.fallback) expected_.back().fallback.emplace(column);
    }
}
MissingFields::~MissingFields() = default;

bool MissingFields::fill(const std::string& what) {
    for (const Expected& expected : expected_) {
        if (fields_.has(*expected.node)) continue;
        if (!expected.fallback)
            return writer_.refuse(Reason::missing_field, what + "the field is missing",
                                  schema_.columns[expected.column].name);
        if (!writer_.write(expected.column, expected.fallback->value())) return false;
    }
    return true;
}

bool MissingFields::leave_null(Reason reason, std::string_view why) {
    for (const Expected& expected : expected_)
        if (const engine::Column& column = schema_.columns[expected.column]; column.not_null)
            return writer_.refuse(reason, std::string(why) + ", and the column is NOT NULL",
                                  column.name);
    return true;
}

}  // namespace tidewheel::codec
