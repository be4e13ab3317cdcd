#include "tidewheel/postgres/copy_encoder.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "big_endian.hpp"
#include "numeric_wire.hpp"

namespace tidewheel::postgres {
namespace {

constexpr char signature[] = "PGCOPY\n\377\r\n";  // and its NUL: eleven bytes
constexpr std::size_t first_allocation = 64 * 1024;
constexpr std::size_t uses_to_a_look = 256;

std::int32_t length_of(std::size_t bytes) {
    assert(bytes <= std::numeric_limits<std::int32_t>::max());
    return static_cast<std::int32_t>(bytes);
}

}  // namespace

inline char* CopyEncoder::grow(std::size_t bytes) {
    if (buffer_.size() - size_ < bytes) enlarge(bytes);
    char* const end = buffer_.data() + size_;
    size_ += bytes;
    return end;
}

[[gnu::cold]] void CopyEncoder::enlarge(std::size_t bytes) {
    buffer_.resize(std::max({buffer_.size() * 2, size_ + bytes, first_allocation}));
}

template <class Integer>
inline void CopyEncoder::field(Integer bits) {
    put(put(grow(sizeof(std::int32_t) + sizeof bits), std::int32_t{sizeof bits}), bits);
}

void CopyEncoder::clear() {
    longest_ = std::max(longest_, std::exchange(size_, 0));
    if (++uses_ < uses_to_a_look) return;
    if (buffer_.size() > std::max(4 * longest_, first_allocation)) std::string().swap(buffer_);
    longest_ = uses_ = 0;
}

void CopyEncoder::begin() {
    clear();
    char* const at = grow(sizeof signature + 2 * sizeof(std::int32_t));
    std::memcpy(at, signature, sizeof signature);
    put(put(at + sizeof signature, std::int32_t{0}), std::int32_t{0});  // no flags, no extension
}

void CopyEncoder::row(std::int16_t fields) {
    put(grow(sizeof fields), fields);
}
void CopyEncoder::array(std::uint32_t element_type, std::size_t size) {
    char* at = grow(5 * sizeof(std::int32_t));
    at = put(at, std::int32_t{size > 0});  // dimensions
    at = put(at, std::int32_t{1});         // there may be nulls
    at = put(at, element_type);
    at = put(at, length_of(size));
    put(at, std::int32_t{1});  // the lower bound
    if (size == 0) size_ -= 2 * sizeof(std::int32_t);
}
void CopyEncoder::null() {
    put(grow(sizeof(std::int32_t)), std::int32_t{-1});
}
void CopyEncoder::boolean(bool value) {
    field(static_cast<std::int8_t>(value));
}
void CopyEncoder::int16(std::int16_t value) {
    field(value);
}
void CopyEncoder::int32(std::int32_t value) {
    field(value);
}
void CopyEncoder::int64(std::int64_t value) {
    field(value);
}
void CopyEncoder::float32(float value) {
    field(std::bit_cast<std::int32_t>(value));
}
void CopyEncoder::float64(double value) {
    field(std::bit_cast<std::int64_t>(value));
}

void CopyEncoder::bytes(std::string_view value) {
    char* const at = put(grow(sizeof(std::int32_t) + value.size()), length_of(value.size()));
    std::ranges::copy(value, at);
}

void CopyEncoder::numeric(const engine::Numeric& value) {
    if (value.is_wide()) return bytes(value.wire());
    char* const length = grow(sizeof(std::int32_t) + numeric_wire_limit);
    char* const start = length + sizeof(std::int32_t);
    const auto size = static_cast<std::size_t>(put_numeric(start, value) - start);
    put(length, length_of(size));
    size_ -= numeric_wire_limit - size;
}

void CopyEncoder::jsonb(std::string_view text) {
    char* at = put(grow(sizeof(std::int32_t) + 1 + text.size()), length_of(1 + text.size()));
    *at++ = 1;  // the version that jsonb_recv knows
    std::ranges::copy(text, at);
}

void CopyEncoder::finish() {
    put(grow(sizeof(std::int16_t)), std::int16_t{-1});
}

void encode(CopyEncoder& out, const engine::Vector& column, std::size_t row) {
    using engine::Kind;
    if (column.is_null(row)) return out.null();
    switch (column.kind()) {
        case Kind::boolean:
            return out.boolean(column.at<std::uint8_t>(row) != 0);
        case Kind::int16:
            return out.int16(static_cast<std::int16_t>(column.at<std::int32_t>(row)));
        case Kind::int32:
        case Kind::date:
            return out.int32(column.at<std::int32_t>(row));
        case Kind::int64:
        case Kind::time:
        case Kind::timestamp:
        case Kind::timestamptz:
            return out.int64(column.at<std::int64_t>(row));
        case Kind::float32:
            return out.float32(static_cast<float>(column.at<double>(row)));
        case Kind::float64:
            return out.float64(column.at<double>(row));
        case Kind::uuid: {
            const auto& uuid = column.at<engine::Uuid>(row);
            return out.bytes({reinterpret_cast<const char*>(uuid.bytes), sizeof uuid.bytes});
        }
        case Kind::numeric:
            return out.numeric(column.at<engine::Numeric>(row));
        case Kind::text:
        case Kind::varchar:
        case Kind::json:
        case Kind::bytea:
            return out.bytes(column.at<std::string_view>(row));
        case Kind::jsonb:
        case Kind::other:
            return out.jsonb(column.at<std::string_view>(row));
    }
}

}  // namespace tidewheel::postgres
