#pragma once
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

}  // namespace tidewheel::postgres
