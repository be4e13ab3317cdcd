#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tidewheel/engine/batch.hpp"

namespace tidewheel::postgres {

// PostgreSQL's binary COPY format (manual: COPY, "Binary Format"), written into one growing buffer
// that is reused. Pure.
class CopyEncoder {
  public:
    // Empties it. Now and then, memory that was long not needed is given back.
    void clear();
    void begin();                   // signature, flags, header extension
    void row(std::int16_t fields);  // starts a tuple
    // Starts an array of one dimension, whose elements follow (array_recv).
    void array(std::uint32_t element_type, std::size_t size);
    void null();
    void boolean(bool value);
    void int16(std::int16_t value);
    void int32(std::int32_t value);
    void int64(std::int64_t value);
    void optional_int64(std::optional<std::int64_t> value) { value ? int64(*value) : null(); }
    void float32(float value);
    void float64(double value);
    void numeric(const engine::Numeric& value);
    void bytes(std::string_view value);  // text, varchar, json, bytea, uuid
    void jsonb(std::string_view text);   // version byte and text
    void finish();                       // trailer
    std::string_view payload() const { return {buffer_.data(), size_}; }
    std::size_t memory() const { return buffer_.capacity(); }

  private:
    char* grow(std::size_t bytes);  // room at the end, counted as written
    void enlarge(std::size_t bytes);
    template <class Integer>
    void field(Integer bits);

    // Its size is the capacity, so that growing is the only time that it is cleared.
    std::string buffer_;
    std::size_t size_ = 0;
    std::size_t longest_ = 0, uses_ = 0;  // since the last look at what is needed
};

// Writes the value of `column` at `row` in the wire form of its type.
void encode(CopyEncoder& out, const engine::Vector& column, std::size_t row);

// Starts an array of so many elements, whose values follow.
void begin_array(CopyEncoder& out, engine::Kind elements, std::size_t size);
// The array's type, as SQL.
std::string array_type(engine::Kind elements);

}  // namespace tidewheel::postgres
