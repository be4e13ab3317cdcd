#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "tidewheel/engine/batch.hpp"

// Whether two decoders of one schema made the same of the same records.
namespace tidewheel::codec::test {

inline bool same_value(const engine::Vector& a, const engine::Vector& b, std::size_t row) {
    using engine::Kind;
    if (a.is_null(row) || b.is_null(row)) return a.is_null(row) == b.is_null(row);
    if (a.kind() == Kind::numeric) {
        const auto &left = a.at<engine::Numeric>(row), &right = b.at<engine::Numeric>(row);
        if (left.is_wide() && right.is_wide()) return left.wire() == right.wire();
    } else if (engine::width_of(a.kind()) == sizeof(std::string_view) && a.kind() != Kind::uuid) {
        return a.at<std::string_view>(row) == b.at<std::string_view>(row);
    }
    std::array<std::byte, sizeof(engine::Numeric)> left{}, right{};
    const std::array rows = {static_cast<std::uint32_t>(row)};
    a.gather(rows, left.data());
    b.gather(rows, right.data());
    return left == right;
}

inline std::string text_of(const engine::RejectedRecord& rejected) {
    return std::to_string(rejected.record) + ": " + std::string(name(rejected.reject.reason)) +
           ", " + rejected.reject.detail + ", column " + rejected.reject.column;
}

// What is different in the newest of their records; empty: nothing.
inline std::string difference(const engine::Batch& a, const engine::Batch& b) {
    if (a.rows() != b.rows() || a.rejected().size() != b.rejected().size())
        return "one takes the record, one refuses it: " +
               text_of((a.rows() < b.rows() ? a : b).rejected().back());
    if (a.records().back().value != b.records().back().value) return "the record itself";
    if (!a.rejected().empty() && a.rejected().back().record + 1 == a.records().size()) {
        const std::string left = text_of(a.rejected().back()), right = text_of(b.rejected().back());
        return left == right ? "" : "refused with " + left + " and " + right;
    }
    for (std::size_t i = 0; i < a.schema().columns.size(); ++i)
        if (!same_value(a.column(i), b.column(i), a.rows() - 1))
            return "the value of column " + a.schema().columns[i].name;
    return "";
}

}  // namespace tidewheel::codec::test
