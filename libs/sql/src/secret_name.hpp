#pragma once
#include <algorithm>
#include <cctype>
#include <string_view>

namespace tidewheel::sql {

// A secret stands in a file of a directory of the service's; the pipeline names the file and nothing
// else.
inline bool is_secret_name(std::string_view name) {
    return !name.empty() && name.size() <= 100 && name.front() != '.' &&
           std::ranges::all_of(name, [](unsigned char c) {
               return c < 128 && (std::isalnum(c) || c == '_' || c == '-' || c == '.');
           });
}

}  // namespace tidewheel::sql
