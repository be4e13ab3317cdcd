#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace tidewheel::codec {

// The bytes of a record of Avro's binary encoding, taken from the front. Each function returns false
// when they are not what it wants: too few, or too large a number.
class AvroInput {
  public:
    explicit AvroInput(std::string_view bytes)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    const char* position() const { return at_; }
    void go_back(const char* position) { at_ = position; }

    bool take_long(std::int64_t& value) {
        std::uint64_t bits = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at_ == end_) return false;
            const auto byte = static_cast<std::uint8_t>(*at_++);
            bits |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) {
                if (shift == 63 && byte > 1) return false;
                value = static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
                return true;
            }
        }
        return false;
    }
    bool take_int(std::int64_t& value) {
        using Limits = std::numeric_limits<std::int32_t>;
        return take_long(value) && value >= Limits::min() && value <= Limits::max();
    }
    // A boolean is a byte; any but 0 and 1 is broken.
    bool take_boolean(bool& value) {
        if (at_ == end_ || static_cast<std::uint8_t>(*at_) > 1) return false;
        value = *at_++ == 1;
        return true;
    }
    bool take_float(double& value) {
        std::string_view bytes;
        if (!take(sizeof(float), bytes)) return false;
        value = static_cast<double>(std::bit_cast<float>(little_endian<std::uint32_t>(bytes)));
        return true;
    }
    bool take_double(double& value) {
        std::string_view bytes;
        if (!take(sizeof(double), bytes)) return false;
        value = std::bit_cast<double>(little_endian<std::uint64_t>(bytes));
        return true;
    }
    bool take(std::size_t size, std::string_view& bytes) {
        if (size > left()) return false;
        bytes = {at_, size};
        at_ += size;
        return true;
    }
    // Bytes or a string: their length comes first.
    bool take_sized(std::string_view& bytes) {
        std::int64_t size = 0;
        return take_long(size) && size >= 0 && take(static_cast<std::size_t>(size), bytes);
    }
    // The number of items of the next block of an array or a map; 0 ends them. Items may take no
    // byte at all, so that a few bytes could promise more than anybody can read.
    bool take_block(std::int64_t& items) {
        constexpr std::int64_t most_without_bytes = 1 << 16;
        if (!take_long(items)) return false;
        if (items < 0) {
            std::int64_t bytes = 0;
            if (items == std::numeric_limits<std::int64_t>::min() || !take_long(bytes) || bytes < 0)
                return false;
            items = -items;
        }
        return items <= most_without_bytes || static_cast<std::uint64_t>(items) <= left();
    }

    template <class Word>
    static Word little_endian(std::string_view bytes) {
        Word word = 0;
        for (std::size_t i = 0; i < sizeof(Word); ++i)
            word |= static_cast<Word>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
        return word;
    }

  private:
    const char* at_;
    const char* end_;
};

}  // namespace tidewheel::codec
