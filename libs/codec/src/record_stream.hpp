#pragma once
#include <rapidjson/encodings.h>
#include <rapidjson/stream.h>

#include <cstddef>

#include "plain_run.hpp"

namespace tidewheel::codec {

// A text that RapidJSON reads in place, as its own InsituStringStream; but what it skips and copies
// most, it skips and copies faster. `padding` bytes must follow the text, the first of them NUL.
// Only the escapes of strings need that the text is written to: one without them stays as it is.
class RecordStream {
  public:
    using Ch = char;

    RecordStream(char* text, bool has_escapes) : source_(text), head_(text), writes_(has_escapes) {}
    char Peek() const { return *source_; }
    char Take() { return *source_++; }
    std::size_t Tell() const { return static_cast<std::size_t>(source_ - head_); }
    // Strings are written over the text itself, from where they begin.
    char* PutBegin() { return target_ = source_; }
    void Put(char c) {
        if (writes_) *target_ = c;  // else it is the NUL behind a string, which nobody reads
        ++target_;
    }
    std::size_t PutEnd(const char* begin) const {
        return static_cast<std::size_t>(target_ - begin);
    }

    const char* head() const { return head_; }
    void skip_space() {
        while (static_cast<unsigned char>(*source_) <= ' ' && is_space(*source_))
            ++source_;
    }
    // Takes characters up to the next quote, backslash or control character, and puts them.
    void transfer_plain() {
        char* const end = source_ + (plain_run(source_).end - source_);
        if (target_ == source_)
            target_ = end;
        else
            while (source_ != end)
                *target_++ = *source_++;
        source_ = end;
    }

  private:
    static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

    char* source_;
    char* target_ = nullptr;
    char* head_;
    bool writes_;
};

}  // namespace tidewheel::codec

namespace rapidjson {

template <>
struct StreamTraits<tidewheel::codec::RecordStream> {
    enum { copyOptimization = 1 };
};

template <>
inline void SkipWhitespace(tidewheel::codec::RecordStream& stream) {
    stream.skip_space();
}

// What is read and written for every plain character of a string: all of them at once.
template <>
template <>
inline bool Transcoder<UTF8<>, UTF8<>>::Transcode(tidewheel::codec::RecordStream& stream,
                                                  tidewheel::codec::RecordStream&) {
    stream.transfer_plain();
    return true;
}

}  // namespace rapidjson
