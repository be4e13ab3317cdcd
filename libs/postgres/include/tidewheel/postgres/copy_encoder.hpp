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
    void begin();                   // signature, flags, header extension
    void row(std::int16_t fields);  // starts a tuple
    void null();
    void boolean(bool value);
    void int16(std::int16_t value);
    void int32(std::int32_t value);
    void int64(std::int64_t value);
    void float32(float value);
    void float64(double value);
    void bytes(std::string_view
                   value);  // text, varchar, json, numeric (already in wire form), bytea, uuid
    void jsonb(std::string_view text);  // version byte and text
    void finish();                      // trailer
    std::string_view payload() const { return {buffer_.data(), size_}; }

  private:
    char* grow(std::size_t bytes);  // room at the end, counted as written
    template <class Integer>
    void field(Integer bits);

    std::string
        buffer_;  // its size is the capacity, so that growing is the only time that it is cleared
    std::size_t size_ = 0;
};

// Writes the value of `column` at `row` in the wire form of its type.
void encode(CopyEncoder& out, const engine::Vector& column, std::size_t row);

}  // namespace tidewheel::postgres
