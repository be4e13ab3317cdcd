#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "field_tree.hpp"
#include "reader.hpp"
#include "row_writer.hpp"
#include "tidewheel/codec/json_decoder.hpp"

namespace tidewheel::codec {

// RapidJSON's handler: follows the fields of one record through the tree of names and hands their
// values to the row writer. Objects that the tree knows are walked; every other object or array is
// skipped as a whole, and kept as text where a column takes it.
class RecordHandler {
  public:
    RecordHandler(const engine::Schema& schema, FieldTree& fields, RowWriter& writer);

    // `record` is the text as it came; `copy`, with `padding`, is parsed in place. Without escapes
    // nothing is written, so that `copy` may be the record itself.
    rapidjson::ParseResult parse(std::string_view record, char* copy, bool has_escapes);
    bool root_is_object() const { return root_is_object_; }
    std::string column_at_hand() const;  // that the newest value was for; empty: none

    // What RapidJSON calls; false ends the parsing.
    bool Null();
    bool Bool(bool value);
    bool RawNumber(const char* text, rapidjson::SizeType length, bool);
    bool String(const char* text, rapidjson::SizeType length, bool);
    bool Key(const char* text, rapidjson::SizeType length, bool);
    bool StartObject();
    bool EndObject(rapidjson::SizeType);
    bool StartArray();
    bool EndArray(rapidjson::SizeType);
    // Never called: numbers come as they are written.
    bool Int(int) { return false; }
    bool Uint(unsigned) { return false; }
    bool Int64(std::int64_t) { return false; }
    bool Uint64(std::uint64_t) { return false; }
    bool Double(double) { return false; }

  private:
    // An object that is being walked.
    struct Frame {
        FieldTree::Node* node;
        FieldTree::Node* previous;  // the newest of its fields that the tree knows
        std::size_t start;          // its offset in the record
        std::size_t unknown;        // where its names begin in unknown_
    };

    // Where RapidJSON is: behind the bracket, when it reports one.
    std::size_t offset() const { return stream_->Tell(); }
    bool is_too_deep();
    void walk(FieldTree::Node& node);
    void skip();
    bool finish_skipped();
    bool hand_over(const FieldTree::Node& field, const Value& value);
    Value composite_from(std::size_t start) const;
    std::string_view string_as_written(std::size_t start) const;
    std::optional<std::string_view> repeated_unknown(std::size_t from);
    bool refuse_repeated(std::string_view name);

    const engine::Schema& schema_;
    FieldTree& fields_;
    RowWriter& writer_;
    std::string_view record_;
    const RecordStream* stream_ = nullptr;
    rapidjson::Reader reader_;

    std::array<Frame, json_depth_limit> frames_;
    std::size_t walked_ = 0;            // open objects that are walked
    std::size_t skipped_ = 0;           // open objects and arrays of the value that is skipped
    std::size_t skipped_start_ = 0;     // its offset in the record
    FieldTree::Node* field_ = nullptr;  // whose value comes next; nullptr: it is not needed
    // Names that the tree doesn't know, of all walked objects.
    std::vector<std::string_view> unknown_;
    bool root_is_object_ = false;
};

}  // namespace tidewheel::codec
