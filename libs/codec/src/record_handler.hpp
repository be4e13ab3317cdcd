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
    RecordHandler(const engine::Schema& schema, RowWriter& writer);

    // `record` is the text as it came; `stream` is about to read its copy, in place.
    void begin(std::string_view record, const Stream& stream);
    bool root_is_object() const { return root_is_object_; }
    bool has(const FieldTree::Node& node) const { return seen_[node.index] == generation_; }
    const FieldTree& fields() const { return fields_; }
    std::optional<engine::Reject> take_reject() { return std::move(reject_); }
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

    // Where RapidJSON is. Stream::Tell would do, were it const.
    std::size_t offset() const { return static_cast<std::size_t>(stream_->src_ - stream_->head_); }
    bool is_too_deep();
    void walk(FieldTree::Node& node);
    void skip();
    bool finish_skipped();
    bool hand_over(const FieldTree::Node& field, const Value& value);
    Value composite_from(std::size_t start) const;
    std::string_view string_as_written(std::size_t start) const;
    std::optional<std::string_view> repeated_unknown(std::size_t from);
    bool refuse(engine::Reason reason, std::string detail, std::string column = {});
    bool refuse_repeated(std::string_view name);

    const engine::Schema& schema_;
    RowWriter& writer_;
    FieldTree fields_;
    std::string_view record_;
    const Stream* stream_ = nullptr;

    std::array<Frame, json_depth_limit> frames_;
    std::size_t walked_ = 0;            // open objects that are walked
    std::size_t skipped_ = 0;           // open objects and arrays of the value that is skipped
    std::size_t skipped_start_ = 0;     // its offset in the record
    FieldTree::Node* field_ = nullptr;  // whose value comes next; nullptr: nobody wants it
    std::vector<std::string_view>
        unknown_;                      // names that the tree doesn't know, of all walked objects
    std::vector<std::uint64_t> seen_;  // by node: the generation in which it was last seen
    std::uint64_t generation_ = 0;     // one a record
    bool root_is_object_ = false;
    std::optional<engine::Reject> reject_;
};

}  // namespace tidewheel::codec
