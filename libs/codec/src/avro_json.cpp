#include "avro_json.hpp"

#include "quoted_text.hpp"
#include "tidewheel/codec/headers_json.hpp"
#include "tidewheel/codec/json_decoder.hpp"

namespace tidewheel::codec {
namespace {

// `item` takes one item after the other.
template <class Item>
AvroVerdict each_item(AvroInput& input, const Item& item) {
    for (;;) {
        std::int64_t items = 0;
        if (!input.take_block(items)) return AvroVerdict::broken;
        if (items == 0) return AvroVerdict::ok;
        for (; items > 0; --items)
            if (const AvroVerdict verdict = item(); verdict != AvroVerdict::ok) return verdict;
    }
}

void separate(std::string& json) {
    if (json.back() != '{' && json.back() != '[') json += ", ";
}

AvroVerdict append_record(const AvroSchema& schema, AvroInput& input, std::string& scratch,
                          int depth, std::string& json) {
    json += '{';
    for (const AvroSchema::Field& field : schema.fields) {
        separate(json);
        append_quoted(field.name, json);
        json += ": ";
        const AvroVerdict verdict = append_json(*field.schema, input, scratch, depth + 1, json);
        if (verdict != AvroVerdict::ok) return verdict;
    }
    json += '}';
    return AvroVerdict::ok;
}

AvroVerdict append_map(const AvroSchema& schema, AvroInput& input, std::string& scratch, int depth,
                       std::string& json) {
    json += '{';
    const AvroVerdict verdict = each_item(input, [&] {
        std::string_view key;
        if (!input.take_sized(key)) return AvroVerdict::broken;
        if (!is_text(key)) return AvroVerdict::not_text;
        separate(json);
        append_quoted(key, json);
        json += ": ";
        return append_json(*schema.inside[0], input, scratch, depth + 1, json);
    });
    json += '}';
    return verdict;
}

AvroVerdict append_array(const AvroSchema& schema, AvroInput& input, std::string& scratch,
                         int depth, std::string& json) {
    json += '[';
    const AvroVerdict verdict = each_item(input, [&] {
        separate(json);
        return append_json(*schema.inside[0], input, scratch, depth + 1, json);
    });
    json += ']';
    return verdict;
}

AvroVerdict append_scalar(const AvroSchema& schema, AvroInput& input, std::string& scratch,
                          std::string& json) {
    Value value;
    const AvroVerdict verdict = take_scalar(schema, input, scratch, value);
    if (verdict != AvroVerdict::ok) return verdict;
    value.json.empty() ? append_quoted(value.text, json) : void(json += value.json);
    return verdict;
}

AvroVerdict skip_sized(AvroInput& input) {
    std::string_view bytes;
    return input.take_sized(bytes) ? AvroVerdict::ok : AvroVerdict::broken;
}

AvroVerdict skip_bytes(AvroInput& input, std::size_t size) {
    std::string_view bytes;
    return input.take(size, bytes) ? AvroVerdict::ok : AvroVerdict::broken;
}

AvroVerdict skip_number(AvroInput& input) {
    std::int64_t number = 0;
    return input.take_long(number) ? AvroVerdict::ok : AvroVerdict::broken;
}

AvroVerdict skip_fields(const AvroSchema& schema, AvroInput& input, int depth) {
    for (const AvroSchema::Field& field : schema.fields) {
        const AvroVerdict verdict = skip_value(*field.schema, input, depth + 1);
        if (verdict != AvroVerdict::ok) return verdict;
    }
    return AvroVerdict::ok;
}

}  // namespace

const AvroSchema* take_branch(const AvroSchema& schema, AvroInput& input) {
    std::int64_t branch = 0;
    if (!input.take_long(branch) || branch < 0 ||
        static_cast<std::uint64_t>(branch) >= schema.inside.size())
        return nullptr;
    return schema.inside[static_cast<std::size_t>(branch)];
}

AvroVerdict append_json(const AvroSchema& schema, AvroInput& input, std::string& scratch, int depth,
                        std::string& json) {
    if (depth >= json_depth_limit) return AvroVerdict::too_deep;
    switch (schema.type) {
        case AvroType::record:
            return append_record(schema, input, scratch, depth, json);
        case AvroType::map:
            return append_map(schema, input, scratch, depth, json);
        case AvroType::array:
            return append_array(schema, input, scratch, depth, json);
        case AvroType::choice: {
            const AvroSchema* const branch = take_branch(schema, input);
            return branch ? append_json(*branch, input, scratch, depth + 1, json)
                          : AvroVerdict::broken;
        }
        default:
            return append_scalar(schema, input, scratch, json);
    }
}

AvroVerdict skip_value(const AvroSchema& schema, AvroInput& input, int depth) {
    if (depth >= json_depth_limit) return AvroVerdict::too_deep;
    bool truth = false;
    switch (schema.type) {
        case AvroType::null:
            return AvroVerdict::ok;
        case AvroType::boolean:
            return input.take_boolean(truth) ? AvroVerdict::ok : AvroVerdict::broken;
        case AvroType::int32:
        case AvroType::int64:
        case AvroType::enumeration:
            return skip_number(input);
        case AvroType::float32:
            return skip_bytes(input, sizeof(float));
        case AvroType::float64:
            return skip_bytes(input, sizeof(double));
        case AvroType::fixed:
            return skip_bytes(input, schema.size);
        case AvroType::bytes:
        case AvroType::string:
            return skip_sized(input);
        case AvroType::record:
            return skip_fields(schema, input, depth);
        case AvroType::array:
            return each_item(input,
                             [&] { return skip_value(*schema.inside[0], input, depth + 1); });
        case AvroType::map:
            return each_item(input, [&] {
                const AvroVerdict key = skip_sized(input);
                return key == AvroVerdict::ok ? skip_value(*schema.inside[0], input, depth + 1)
                                              : key;
            });
        case AvroType::choice:
            break;
    }
    const AvroSchema* const branch = take_branch(schema, input);
    return branch ? skip_value(*branch, input, depth + 1) : AvroVerdict::broken;
}

}  // namespace tidewheel::codec
