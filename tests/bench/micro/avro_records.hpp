#pragma once
#include <bit>
#include <string>
#include <vector>

#include "avro_samples.hpp"
#include "store_events.hpp"
#include "tidewheel/engine/decoder.hpp"

// The same store events as records of Avro, without framing.
namespace tidewheel::bench {

inline void add_long(std::int64_t value, std::string& to) {
    auto bits = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
    for (; bits > 127; bits >>= 7)
        to += static_cast<char>(bits | 0x80);
    to += static_cast<char>(bits);
}

inline void add_text(std::string_view text, std::string& to) {
    add_long(static_cast<std::int64_t>(text.size()), to);
    to += text;
}

inline void add_uuid(const engine::Uuid& uuid, std::string& to) {
    std::string text = to_hex({reinterpret_cast<const char*>(uuid.bytes), sizeof uuid.bytes});
    for (const std::size_t at : {8, 13, 18, 23})
        text.insert(at, 1, '-');
    add_text(text, to);
}

// Of at most 31 bits.
inline void add_decimal(const engine::Numeric& number, std::string& to) {
    const auto unscaled = static_cast<std::uint32_t>(number.unscaled());
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(unscaled >> shift);
    add_text(bytes, to);
}

inline void add_double(double number, std::string& to) {
    for (std::uint64_t bits = std::bit_cast<std::uint64_t>(number), i = 0; i < 8; ++i, bits >>= 8)
        to += static_cast<char>(bits);
}

// A row of the stream of store_events.hpp, with the schema of avro_samples.hpp.
inline std::string avro_record(const engine::Batch& batch, std::size_t row) {
    constexpr std::int64_t year_2000 = 946'684'800'000'000;
    std::string record;
    const auto& columns = batch.schema().columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const engine::Vector& values = batch.column(i);
        const bool may_be_null = columns[i].name == "contact_me" || columns[i].name == "is_return";
        if (may_be_null) add_long(!values.is_null(row), record);
        if (values.is_null(row)) continue;
        switch (columns[i].type.kind) {
            case engine::Kind::uuid:
                add_uuid(values.at<engine::Uuid>(row), record);
                break;
            case engine::Kind::int32:
                add_long(values.at<std::int32_t>(row), record);
                break;
            case engine::Kind::boolean:
                record += static_cast<char>(values.at<std::uint8_t>(row));
                break;
            case engine::Kind::timestamptz:
                add_long(values.at<std::int64_t>(row) + year_2000, record);
                break;
            case engine::Kind::numeric: {
                const auto number = values.at<engine::Numeric>(row);
                columns[i].name == "price"
                    ? add_decimal(number, record)
                    : add_double(static_cast<double>(number.unscaled()) / 100, record);
                break;
            }
            default:
                add_text(values.at<std::string_view>(row), record);
        }
    }
    return record;
}

}  // namespace tidewheel::bench
