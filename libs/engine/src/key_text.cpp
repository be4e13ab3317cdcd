#include "tidewheel/engine/key_text.hpp"

#include <string_view>

namespace tidewheel::engine {
namespace {

std::string uuid_text(const Uuid& uuid) {
    constexpr auto digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text.append({digits[uuid.bytes[i] >> 4], digits[uuid.bytes[i] & 15]});
    }
    return text;
}

}  // namespace

std::optional<std::string> key_text(const Vector& column, std::size_t row) {
    if (column.is_null(row)) return std::nullopt;
    switch (column.kind()) {
        case Kind::int16:
        case Kind::int32:
            return std::to_string(column.at<std::int32_t>(row));
        case Kind::int64:
            return std::to_string(column.at<std::int64_t>(row));
        case Kind::uuid:
            return uuid_text(column.at<Uuid>(row));
        default:
            return std::string(column.at<std::string_view>(row));
    }
}

}  // namespace tidewheel::engine
