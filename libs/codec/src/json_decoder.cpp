#include "tidewheel/codec/json_decoder.hpp"

#include <cassert>
#include <cstring>
#include <string>
#include <vector>

#include "number_text.hpp"
#include "record_handler.hpp"
#include "record_sources.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::codec {

using engine::Reason;
using engine::Reject;

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

// A column that must do something when its field is missing.
struct Expected {
    std::size_t column;
    const FieldTree::Node* node;
    std::optional<Fallback> fallback;
};

class JsonDecoder : public engine::Decoder {
  public:
    explicit JsonDecoder(const engine::Schema& schema)
        : schema_(schema), writer_(schema), handler_(schema, writer_), sources_(schema) {
        for (std::size_t i = 0; i < schema.columns.size(); ++i) {
            const engine::Column& column = schema.columns[i];
            const FieldTree::Node* node = handler_.fields().node_of(i);
            if (!node || (!column.not_null && !column.fallback)) continue;
            expected_.push_back({i, node, std::nullopt});
            if (column.fallback) expected_.back().fallback.emplace(column);
        }
    }

    std::optional<Reject> decode(const engine::Record& record, engine::Batch& batch) override {
        if (!record.value) return Reject{Reason::tombstone, "the record has no value", {}};
        if (record.value->empty()) return Reject{Reason::empty, "the value is empty", {}};
        writer_.begin(batch);
        if (auto reject = parse(*record.value, batch.arena())) return reject;
        if (auto reject = fill_missing()) return reject;
        if (auto reject = sources_.write(record, batch.arena(), writer_)) return reject;
        return writer_.check_route(record.partition);
    }

  private:
    std::optional<Reject> parse(std::string_view text, engine::Arena& arena);
    std::optional<Reject> reject_of(const rapidjson::ParseResult& result);
    std::optional<Reject> fill_missing();

    const engine::Schema& schema_;
    RowWriter writer_;
    RecordHandler handler_;
    RecordSources sources_;
    rapidjson::Reader reader_;
    std::vector<Expected> expected_;
};

Reject not_json(std::string_view what, std::size_t offset) {
    return {Reason::not_json, std::string(what) + " at byte " + std::to_string(offset), {}};
}

std::optional<Reject> JsonDecoder::parse(std::string_view text, engine::Arena& arena) {
    if (const auto fault = find_fault(text)) return not_json(fault->what, fault->offset);
    char* copy = arena.allocate(text.size() + padding);
    std::memcpy(copy, text.data(), text.size());
    std::memset(copy + text.size(), 0, padding);

    Stream stream(copy);
    handler_.begin(text, stream);
    const rapidjson::ParseResult result = reader_.Parse<parse_flags>(stream, handler_);
    if (result.IsError()) return reject_of(result);
    assert(stream.Tell() == text.size());  // find_fault has seen that no NUL hides a tail
    if (handler_.root_is_object()) return std::nullopt;
    return Reject{Reason::not_an_object, "expected a JSON object, found " + shown(text), {}};
}

std::optional<Reject> JsonDecoder::reject_of(const rapidjson::ParseResult& result) {
    if (auto reject = handler_.take_reject()) return reject;
    if (result.Code() == rapidjson::kParseErrorNumberTooBig)
        return Reject{Reason::out_of_range,
                      "a number beyond 1e308 at byte " + std::to_string(result.Offset()),
                      handler_.column_at_hand()};
    return not_json(rapidjson::GetParseError_En(result.Code()), result.Offset());
}

std::optional<Reject> JsonDecoder::fill_missing() {
    for (const Expected& expected : expected_) {
        if (handler_.has(*expected.node)) continue;
        if (!expected.fallback)
            return Reject{Reason::missing_field, "the field is missing",
                          schema_.columns[expected.column].name};
        if (auto reject = writer_.write(expected.column, expected.fallback->value())) return reject;
    }
    return std::nullopt;
}

}  // namespace

std::unique_ptr<engine::Decoder> make_json_decoder(const engine::Schema& schema) {
    return std::make_unique<JsonDecoder>(schema);
}

}  // namespace tidewheel::codec
