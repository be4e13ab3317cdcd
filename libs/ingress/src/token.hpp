#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace tidewheel::ingress {

// In hexadecimal, as sha256sum prints it.
std::string sha256(std::string_view text);
// Whether it is one of those whose SHA-256 these are, in a time that doesn't tell how nearly.
bool is_known(std::string_view token, const std::vector<std::string>& hashes);

}  // namespace tidewheel::ingress
