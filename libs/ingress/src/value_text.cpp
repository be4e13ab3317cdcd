#include "value_text.hpp"

#include <string_view>

namespace tidewheel::ingress {
namespace {

std::string uuid_text(const engine::Uuid& uuid) {
    constexpr auto digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < sizeof uuid.bytes; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text.append({digits[uuid.bytes[i] >> 4], digits[uuid.bytes[i] & 15]});
    }
    return text;
}

}  // namespace

std::optional<std::string> value_text(const engine::Vector& column, std::size_t row) {
    if (column.is_null(row)) return std::nullopt;
    switch (column.kind()) {
        case engine::Kind::int16:
        case engine::Kind::int32:
            return std::to_string(column.at<std::int32_t>(row));
        case engine::Kind::int64:
            return std::to_string(column.at<std::int64_t>(row));
        case engine::Kind::uuid:
            return uuid_text(column.at<engine::Uuid>(row));
        default:
            return std::string(column.at<std::string_view>(row));
    }
}

}  // namespace tidewheel::ingress
