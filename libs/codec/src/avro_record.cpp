#include "avro_record.hpp"

#include <algorithm>

#include "avro_json.hpp"
#include "quoted_text.hpp"

namespace tidewheel::codec {

using engine::Reason;
using Shape = Value::Shape;

namespace {

// Tries a value that came as what it is on the columns of a node, before any text is made of it. The
// columns are all of one kind, as a rule: one that takes it not sends all of them the text, which
// means the same.
template <class Take>
bool all_take(const FieldTree::Node& node, const Take& take) {
    return std::ranges::all_of(node.columns, take);
}

constexpr std::int64_t year_2000 = 946'684'800'000'000;  // in microseconds since 1970

bool is_moment(const AvroSchema& schema) {
    return schema.logical == AvroLogical::timestamp ||
           schema.logical == AvroLogical::local_timestamp;
}

bool take_long(const AvroSchema& schema, const FieldTree::Node& node, AvroInput& input,
               RowWriter& writer) {
    std::int64_t value = 0;
    if (!input.take_long(value)) return false;
    if (schema.logical == AvroLogical::none)
        return all_take(node, [&](std::size_t c) { return writer.take_whole(c, value); });
    std::int64_t moment = 0;
    if (!is_moment(schema) || !microseconds_of(value, schema.digits, moment)) return false;
    return all_take(node, [&](std::size_t c) { return writer.take_moment(c, moment - year_2000); });
}

bool take_bytes(const AvroSchema& schema, const FieldTree::Node& node, AvroInput& input,
                RowWriter& writer) {
    std::string_view bytes;
    const bool taken =
        schema.type == AvroType::fixed ? input.take(schema.size, bytes) : input.take_sized(bytes);
    return taken && schema.logical == AvroLogical::none &&
           all_take(node, [&](std::size_t c) { return writer.take_bytes(c, bytes); });
}

// False: every column has to take the text, from the same bytes.
bool take_as_it_is(const AvroSchema& schema, const FieldTree::Node& node, AvroInput& input,
                   RowWriter& writer) {
    double number = 0;
    switch (schema.type) {
        case AvroType::int32:
        case AvroType::int64:
            return take_long(schema, node, input, writer);
        case AvroType::float32:
            return input.take_float(number) &&
                   all_take(node, [&](std::size_t c) { return writer.take_double(c, number); });
        case AvroType::float64:
            return input.take_double(number) &&
                   all_take(node, [&](std::size_t c) { return writer.take_double(c, number); });
        case AvroType::bytes:
        case AvroType::fixed:
            return take_bytes(schema, node, input, writer);
        default:
            return false;
    }
}

AvroStep step_for(const AvroSchema& schema, FieldTree::Node* node) {
    AvroStep step{&schema, node};
    if (!node) return step;
    if (schema.type == AvroType::choice)
        for (const AvroSchema* branch : schema.inside)
            step.inside.push_back(step_for(*branch, node));
    if (schema.type == AvroType::record && !node->children.empty())
        for (const AvroSchema::Field& field : schema.fields)
            step.inside.push_back(
                step_for(*field.schema, FieldTree::find(*node, nullptr, field.name)));
    return step;
}

}  // namespace

AvroStep steps_for(const AvroSchema& schema, FieldTree::Node& root) {
    return step_for(schema, &root);
}

bool AvroRecord::read(const AvroStep& root, std::string_view bytes) {
    AvroInput input(bytes);
    fields_.begin_record();
    if (!read_value(root, input)) return false;
    if (input.left() == 0) return true;
    return writer_.refuse(Reason::not_avro,
                          std::to_string(input.left()) + " bytes are left behind the record");
}

bool AvroRecord::read_value(const AvroStep& step, AvroInput& input) {
    if (!step.node) {
        const AvroVerdict verdict = skip_value(*step.schema, input, 0);
        return verdict == AvroVerdict::ok || refuse(verdict, nullptr);
    }
    switch (step.schema->type) {
        case AvroType::choice:
            return read_union(step, input);
        case AvroType::record: {
            fields_.mark(*step.node);
            const char* const begin = input.position();
            if (step.inside.empty() || !step.node->columns.empty()) {
                if (!read_composite(step, input)) return false;
                if (step.inside.empty()) return true;
                input.go_back(begin);
            }
            return read_fields(step, input);
        }
        case AvroType::array:
        case AvroType::map:
            fields_.mark(*step.node);
            return read_composite(step, input);
        default:
            fields_.mark(*step.node);
            return read_scalar(step, input);
    }
}

bool AvroRecord::read_union(const AvroStep& step, AvroInput& input) {
    std::int64_t branch = 0;
    if (!input.take_long(branch) || branch < 0 ||
        static_cast<std::uint64_t>(branch) >= step.inside.size())
        return refuse(AvroVerdict::broken, step.node);
    return read_value(step.inside[static_cast<std::size_t>(branch)], input);
}

bool AvroRecord::read_fields(const AvroStep& step, AvroInput& input) {
    return std::ranges::all_of(step.inside,
                               [&](const AvroStep& field) { return read_value(field, input); });
}

bool AvroRecord::read_composite(const AvroStep& step, AvroInput& input) {
    if (step.node->columns.empty()) {  // columns are inside of it, where it is a record
        const AvroVerdict verdict = skip_value(*step.schema, input, 0);
        return verdict == AvroVerdict::ok || refuse(verdict, step.node);
    }
    json_.clear();
    const AvroVerdict verdict = append_json(*step.schema, input, scratch_, 0, json_);
    if (verdict != AvroVerdict::ok) return refuse(verdict, step.node);
    return hand_over(*step.node, {Shape::composite, json_, json_});
}

bool AvroRecord::read_scalar(const AvroStep& step, AvroInput& input) {
    const char* const begin = input.position();
    if (take_as_it_is(*step.schema, *step.node, input, writer_)) return true;
    input.go_back(begin);
    Value value;
    const AvroVerdict verdict = take_scalar(*step.schema, input, scratch_, value);
    if (verdict != AvroVerdict::ok) return refuse(verdict, step.node);
    return hand_over(*step.node, value);
}

bool AvroRecord::hand_over(const FieldTree::Node& node, Value value) {
    if (value.json.empty() && node.wants_json) {
        json_.clear();
        append_quoted(value.text, json_);
        value.json = json_;
    }
    return std::ranges::all_of(node.columns, [&](std::size_t column) {
        const bool is_bytea = schema_.columns[column].type.kind == engine::Kind::bytea;
        if (is_bytea && value.shape != Shape::null)
            return writer_.refuse(Reason::wrong_type, shown(value.text) + " is not bytes (bytea)",
                                  schema_.columns[column].name);
        return writer_.write(column, value);
    });
}

[[gnu::cold]] bool AvroRecord::refuse(AvroVerdict verdict, const FieldTree::Node* node) {
    const std::string column =
        node && !node->columns.empty() ? schema_.columns[node->columns.front()].name : "";
    switch (verdict) {
        case AvroVerdict::out_of_range:
            return writer_.refuse(Reason::out_of_range,
                                  "a time that is not in the years 1 to 9999, or a number of more "
                                  "than 1,000 characters",
                                  column);
        case AvroVerdict::not_text:
            return writer_.refuse(Reason::wrong_type, "a string that is not UTF-8 text", column);
        case AvroVerdict::too_deep:
            return writer_.refuse(Reason::too_deep, "nested more than 64 levels", column);
        default:
            return writer_.refuse(Reason::not_avro,
                                  "the bytes are no record of the schema it was written with",
                                  column);
    }
}

}  // namespace tidewheel::codec
