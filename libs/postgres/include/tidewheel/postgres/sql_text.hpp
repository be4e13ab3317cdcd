#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tidewheel::postgres {

// A timestamptz out of PostgreSQL's microseconds since 2000.
inline std::string timestamp(std::optional<std::int64_t> microseconds) {
    if (!microseconds) return "NULL::timestamptz";
    return "timestamptz '2000-01-01 00:00:00+00' + " + std::to_string(*microseconds) +
           " * interval '1 microsecond'";
}

// The text of an array of integers, {1,2}: a parameter, or between quotes a part of a statement
// (numbers hold nothing to escape).
template <class Number>
std::string id_array(const std::vector<Number>& ids) {
    std::string text = "{";
    for (const Number id : ids)
        text += (text.size() > 1 ? "," : "") + std::to_string(id);
    return text + "}";
}

}  // namespace tidewheel::postgres
