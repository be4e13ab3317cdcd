#include "json_object.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "number_text.hpp"

namespace tidewheel::codec {

using engine::Reason;

namespace {

// RapidJSON's iterative parser calls a text empty whose first character can't begin a value but has
// a meaning elsewhere. Dead letters have always said so.
rapidjson::ParseErrorCode code_of(const rapidjson::ParseResult& result, std::string_view text) {
    const bool is_first = text.find_first_not_of(" \n\r\t") == result.Offset();
    const bool is_empty = result.Code() == rapidjson::kParseErrorValueInvalid && is_first &&
                          std::string_view("]},:").find(text[result.Offset()]) != text.npos;
    return is_empty ? rapidjson::kParseErrorDocumentEmpty : result.Code();
}

}  // namespace

// The copy of a record with escapes, which is parsed in place, in the same memory again and again. A
// record of many megabytes must not hold its memory for the rest of the process's life.
class JsonObject::Scratch {
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
class JsonObject::Trials {
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

static_assert(engine::value_padding >= padding);

JsonObject::JsonObject(const engine::Schema& schema, RowWriter& writer, std::string what, Scan scan)
    : writer_(writer),
      what_(std::move(what)),
      fields_(schema),
      handler_(schema, fields_, writer),
      trials_(std::make_unique<Trials>()),
      scratch_(std::make_unique<Scratch>()),
      missing_(schema, fields_, writer) {
    if (scan == Scan::yes) scanner_.emplace(fields_, writer_);
}
JsonObject::~JsonObject() = default;

bool JsonObject::read(std::string_view text) {
    return (scan(text) || parse(text)) && missing_.fill(what_);
}

bool JsonObject::leave_null(Reason reason, std::string_view why) {
    return missing_.leave_null(reason, why);
}

// False: nothing is written, and it is not known whether the record is good.
bool JsonObject::scan(std::string_view text) {
    if (!scanner_ || !trials_->next()) return false;
    if (scanner_->read(text)) {
        trials_->succeeded();
        return true;
    }
    trials_->failed();
    writer_.undo();
    return false;
}

bool JsonObject::parse(std::string_view text) {
    bool has_escapes = false;
    if (const auto fault = find_fault(text, &has_escapes))
        return refuse_as_not_json(fault->what, fault->offset);
    char* const copy = has_escapes ? scratch_->copy(text) : const_cast<char*>(text.data());
    const rapidjson::ParseResult result = handler_.parse(text, copy, has_escapes);
    if (result.IsError()) return refuse(result, text);
    if (handler_.root_is_object()) return true;
    return writer_.refuse(Reason::not_an_object,
                          what_ + "expected a JSON object, found " + shown(text));
}

bool JsonObject::refuse(const rapidjson::ParseResult& result, std::string_view text) {
    if (writer_.refused()) return false;
    if (result.Code() == rapidjson::kParseErrorNumberTooBig)
        return writer_.refuse(Reason::out_of_range, std::string(beyond_limits),
                              handler_.column_at_hand());
    return refuse_as_not_json(rapidjson::GetParseError_En(code_of(result, text)), result.Offset());
}

bool JsonObject::refuse_as_not_json(std::string_view what, std::size_t offset) {
    return writer_.refuse(Reason::not_json,
                          what_ + std::string(what) + " at byte " + std::to_string(offset));
}

}  // namespace tidewheel::codec
