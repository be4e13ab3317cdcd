#include "record_handler.hpp"

#include <algorithm>
#include <cassert>

#include "number_text.hpp"

namespace tidewheel::codec {

using engine::Reason;
using Shape = Value::Shape;

RecordHandler::RecordHandler(const engine::Schema& schema, FieldTree& fields, RowWriter& writer)
    : schema_(schema), fields_(fields), writer_(writer) {}

std::string RecordHandler::column_at_hand() const {
    return field_ && !field_->columns.empty() ? schema_.columns[field_->columns.front()].name : "";
}

inline bool RecordHandler::hand_over(const FieldTree::Node& field, const Value& value) {
    for (const std::size_t column : field.columns)
        if (!writer_.write(column, value)) return false;
    return true;
}

inline bool RecordHandler::Null() {
    if (skipped_ > 0 || !field_) return true;
    return hand_over(*field_, {Shape::null, "null", "null"});
}

inline bool RecordHandler::Bool(bool value) {
    if (skipped_ > 0 || !field_) return true;
    const std::string_view text = value ? "true" : "false";
    return hand_over(*field_, {Shape::boolean, text, text});
}

inline bool RecordHandler::RawNumber(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view number(text, length);
    if (!is_within_limits(number))
        return writer_.refuse(Reason::out_of_range, std::string(beyond_limits), column_at_hand());
    if (skipped_ > 0 || !field_) return true;
    return hand_over(*field_, {Shape::number, number, number});
}

inline bool RecordHandler::String(const char* text, rapidjson::SizeType length, bool) {
    if (skipped_ > 0 || !field_) return true;
    Value value{Shape::string, {text, length}, {}};
    const std::size_t quote = static_cast<std::size_t>(text - stream_->head()) - 1;
    if (field_->wants_json) value.json = string_as_written(quote);
    return hand_over(*field_, value);
}

inline bool RecordHandler::Key(const char* text, rapidjson::SizeType length, bool) {
    if (skipped_ > 0) return true;
    const std::string_view name(text, length);
    Frame& frame = frames_[walked_ - 1];
    field_ = FieldTree::find(*frame.node, frame.previous, name);
    if (!field_) {
        unknown_.push_back(name);
        return true;
    }
    if (fields_.has(*field_)) return refuse_repeated(name);
    fields_.mark(*field_);
    frame.previous = field_;
    return true;
}

bool RecordHandler::StartObject() {
    if (is_too_deep()) return false;
    const bool is_root = walked_ + skipped_ == 0;
    if (is_root) {
        root_is_object_ = true;
        walk(fields_.root());
    } else if (skipped_ == 0 && field_ && !field_->children.empty()) {
        walk(*field_);
    } else {
        skip();
    }
    return true;
}

bool RecordHandler::EndObject(rapidjson::SizeType) {
    if (skipped_ > 0) return finish_skipped();
    const Frame frame = frames_[--walked_];
    if (const auto name = repeated_unknown(frame.unknown)) return refuse_repeated(*name);
    unknown_.resize(frame.unknown);
    return frame.node->columns.empty() || hand_over(*frame.node, composite_from(frame.start));
}

bool RecordHandler::StartArray() {
    if (is_too_deep()) return false;
    skip();
    return true;
}

bool RecordHandler::EndArray(rapidjson::SizeType) {
    return finish_skipped();
}

bool RecordHandler::is_too_deep() {
    if (walked_ + skipped_ < json_depth_limit) return false;
    writer_.refuse(Reason::too_deep,
                   "nested more than " + std::to_string(json_depth_limit) + " levels");
    return true;
}

void RecordHandler::walk(FieldTree::Node& node) {
    fields_.mark(node);
    frames_[walked_++] = {&node, nullptr, offset() - 1, unknown_.size()};
}

void RecordHandler::skip() {
    if (skipped_++ == 0) skipped_start_ = offset() - 1;
}

bool RecordHandler::finish_skipped() {
    if (--skipped_ > 0 || !field_ || field_->columns.empty()) return true;
    return hand_over(*field_, composite_from(skipped_start_));
}

Value RecordHandler::composite_from(std::size_t start) const {
    const std::string_view text = record_.substr(start, offset() - start);
    return {Shape::composite, text, text};
}

// A copy's strings were decoded in place; the record still has them as they came.
std::string_view RecordHandler::string_as_written(std::size_t start) const {
    std::size_t at = start + 1;
    while (record_[at = record_.find_first_of("\"\\", at)] == '\\')
        at += 2;
    return record_.substr(start, at + 1 - start);
}

// Few names are compared with each other; many are sorted, so that a hostile record can't make it
// quadratic.
std::optional<std::string_view> RecordHandler::repeated_unknown(std::size_t from) {
    const auto first = unknown_.begin() + static_cast<std::ptrdiff_t>(from);
    constexpr std::ptrdiff_t few = 8;
    if (unknown_.end() - first <= few) {
        for (auto name = first; name != unknown_.end(); ++name)
            if (std::find(first, name, *name) != name) return *name;
        return std::nullopt;
    }
    std::sort(first, unknown_.end());
    const auto repeated = std::adjacent_find(first, unknown_.end());
    return repeated == unknown_.end() ? std::nullopt : std::optional(*repeated);
}

[[gnu::cold]] bool RecordHandler::refuse_repeated(std::string_view name) {
    return writer_.refuse(Reason::duplicate_field, "the field " + shown(name) + " appears twice",
                          column_at_hand());
}

// Stands behind the functions that RapidJSON calls, so that the compiler can put them in there.
rapidjson::ParseResult RecordHandler::parse(std::string_view record, char* copy, bool has_escapes) {
    RecordStream stream(copy, has_escapes);
    record_ = record;
    stream_ = &stream;
    walked_ = skipped_ = 0;
    field_ = nullptr;
    unknown_.clear();
    fields_.begin_record();
    root_is_object_ = false;
    const rapidjson::ParseResult result = reader_.Parse<record_flags>(stream, *this);
    assert(result.IsError() || stream.Tell() == record.size());  // a NUL would hide a tail
    return result;
}

}  // namespace tidewheel::codec
