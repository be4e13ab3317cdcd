#include "tidewheel/codec/json_decoder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "flat_scanner.hpp"
#include "number_text.hpp"
#include "record_handler.hpp"
#include "record_metadata.hpp"
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

// The copy of a record with escapes, which is parsed in place, in the same memory again and again. A
// record of many megabytes must not hold its memory for the rest of the process's life.
class Scratch {
  public:
    // The text, and `padding` bytes of zeros. Until the next copy.
    char* copy(std::string_view text) {
        constexpr std::size_t least = 4096, most_kept = 256 * 1024;
        const std::size_t wanted = text.size() + padding;
        if (wanted > size_ || (size_ > most_kept && wanted <= most_kept)) {
            size_ = std::max(std::bit_ceil(wanted), least);
            memory_ = std::make_unique_for_overwrite<char[]>(size_);
        }
        std::memcpy(memory_.get(), text.data(), text.size());
        std::memset(memory_.get() + text.size(), 0, padding);
        return memory_.get();
    }

  private:
    std::unique_ptr<char[]> memory_;
    std::size_t size_ = 0;
};

// Whether to try the scanner on a record. Where it has failed many times in a row, the stream's
// records are not flat, and only now and then one is tried.
class Trials {
  public:
    bool next() {
        if (pause_ == 0) return true;
        --pause_;
        return false;
    }
    void succeeded() { failures_ = 0; }
    void failed() {
        if (++failures_ < most_failures) return;
        pause_ = longest_pause;
        failures_ = most_failures - 1;  // one more failure is enough for the next pause
    }

  private:
    static constexpr int most_failures = 16, longest_pause = 128;
    int failures_ = 0, pause_ = 0;
};

// A column that must do something when its field is missing.
struct Expected {
    std::size_t column;
    const FieldTree::Node* node;
    std::optional<Fallback> fallback;
};

static_assert(engine::value_padding >= padding);

class JsonDecoder : public engine::Decoder {
  public:
    JsonDecoder(const engine::Schema& schema, bool scans)
        : schema_(schema),
          fields_(schema),
          writer_(schema),
          handler_(schema, fields_, writer_),
          metadata_(schema),
          takes_tombstones_(schema.takes_tombstones()) {
        if (scans) scanner_.emplace(fields_, writer_);
        for (std::size_t i = 0; i < schema.columns.size(); ++i) {
            const engine::Column& column = schema.columns[i];
            const FieldTree::Node* node = fields_.node_of(i);
            if (!node || (!column.not_null && !column.fallback)) continue;
            expected_.push_back({i, node, std::nullopt});
            if (column.fallback) expected_.back().fallback.emplace(column);
        }
    }

    std::optional<Reject> decode(const engine::Record& record, engine::Batch& batch) override {
        if (!record.value && !takes_tombstones_)
            return Reject{Reason::tombstone, "the record has no value", {}};
        if (record.value && record.value->empty())
            return Reject{Reason::empty, "the value is empty", {}};
        writer_.begin(batch);
        const bool is_good = record.value ? read(*record.value) && fill_missing() : leave_null();
        if (is_good && metadata_.write(record, writer_) && writer_.check_route(record.partition))
            return std::nullopt;
        return writer_.take_reject();
    }

  private:
    // Each returns false when the record is refused; the writer knows why.
    bool read(std::string_view text) { return scan(text) || parse(text); }
    bool parse(std::string_view text);
    bool refuse(const rapidjson::ParseResult& result, std::string_view text);
    bool refuse_as_not_json(std::string_view what, std::size_t offset);
    bool fill_missing();
    bool leave_null();
    // False: nothing is written, and it is not known whether the record is good.
    bool scan(std::string_view text);

    const engine::Schema& schema_;
    FieldTree fields_;
    RowWriter writer_;
    std::optional<FlatScanner> scanner_;
    Trials trials_;
    RecordHandler handler_;
    RecordMetadata metadata_;
    bool takes_tombstones_;
    Scratch scratch_;
    std::vector<Expected> expected_;
};

bool JsonDecoder::scan(std::string_view text) {
    if (!scanner_ || !trials_.next()) return false;
    if (scanner_->read(text)) {
        trials_.succeeded();
        return true;
    }
    trials_.failed();
    writer_.undo();
    return false;
}

bool JsonDecoder::parse(std::string_view text) {
    bool has_escapes = false;
    if (const auto fault = find_fault(text, &has_escapes))
        return refuse_as_not_json(fault->what, fault->offset);
    char* const copy = has_escapes ? scratch_.copy(text) : const_cast<char*>(text.data());
    const rapidjson::ParseResult result = handler_.parse(text, copy, has_escapes);
    if (result.IsError()) return refuse(result, text);
    if (handler_.root_is_object()) return true;
    return writer_.refuse(Reason::not_an_object, "expected a JSON object, found " + shown(text));
}

// RapidJSON's iterative parser calls a text empty whose first character can't begin a value but has
// a meaning elsewhere. Dead letters have always said so.
rapidjson::ParseErrorCode code_of(const rapidjson::ParseResult& result, std::string_view text) {
    const bool is_first = text.find_first_not_of(" \n\r\t") == result.Offset();
    const bool is_empty = result.Code() == rapidjson::kParseErrorValueInvalid && is_first &&
                          std::string_view("]},:").find(text[result.Offset()]) != text.npos;
    return is_empty ? rapidjson::kParseErrorDocumentEmpty : result.Code();
}

bool JsonDecoder::refuse(const rapidjson::ParseResult& result, std::string_view text) {
    if (writer_.refused()) return false;
    if (result.Code() == rapidjson::kParseErrorNumberTooBig)
        return writer_.refuse(Reason::out_of_range, std::string(beyond_limits),
                              handler_.column_at_hand());
    return refuse_as_not_json(rapidjson::GetParseError_En(code_of(result, text)), result.Offset());
}

bool JsonDecoder::refuse_as_not_json(std::string_view what, std::size_t offset) {
    return writer_.refuse(Reason::not_json,
                          std::string(what) + " at byte " + std::to_string(offset));
}

bool JsonDecoder::fill_missing() {
    for (const Expected& expected : expected_) {
        if (fields_.has(*expected.node)) continue;
        if (!expected.fallback)
            return writer_.refuse(Reason::missing_field, "the field is missing",
                                  schema_.columns[expected.column].name);
        if (!writer_.write(expected.column, expected.fallback->value())) return false;
    }
    return true;
}

// A tombstone has no fields, and what is said of a field that is missing is not said of it: no
// DEFAULT fills its columns.
bool JsonDecoder::leave_null() {
    for (const Expected& expected : expected_)
        if (const engine::Column& column = schema_.columns[expected.column]; column.not_null)
            return writer_.refuse(Reason::tombstone,
                                  "the record has no value, and the column is NOT NULL",
                                  column.name);
    return true;
}

}  // namespace

std::unique_ptr<engine::Decoder> make_json_decoder(const engine::Schema& schema) {
    return std::make_unique<JsonDecoder>(schema, true);
}

std::unique_ptr<engine::Decoder> make_reference_json_decoder(const engine::Schema& schema) {
    return std::make_unique<JsonDecoder>(schema, false);
}

}  // namespace tidewheel::codec
