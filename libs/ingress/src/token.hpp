#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel::ingress {

// Whether it is one of those whose SHA-256 these are, in a time that doesn't tell how nearly.
bool is_known(std::string_view token, const std::vector<std::string>& hashes);

}  // namespace tidewheel::ingress
