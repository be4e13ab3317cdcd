#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tidewheel::postgres {

inline std::string join(const std::vector<std::string>& parts, const std::string& separator) {
    std::string all;
    for (const std::string& part : parts) {
        if (!all.empty()) all += separator;
        all += part;
    }
    return all;
}

// A timestamptz out of PostgreSQL's microseconds since 2000.
inline std::string timestamp(std::optional<std::int64_t> microseconds) {
    if (!microseconds) return "NULL::timestamptz";
    return "timestamptz '2000-01-01 00:00:00+00' + " + std::to_string(*microseconds) +
           " * interval '1 microsecond'";
}

}  // namespace tidewheel::postgres
