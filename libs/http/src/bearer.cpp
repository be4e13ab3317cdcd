#include "tidewheel/http/bearer.hpp"

#include <algorithm>
#include <cctype>

namespace tidewheel::http {

std::string_view header(const Request& request, const std::string& name) {
    const auto found = request.headers.find(name);
    return found == request.headers.end() ? std::string_view() : found->second;
}

std::optional<std::string_view> bearer_token(const Request& request) {
    constexpr std::string_view scheme = "bearer ";
    const std::string_view given = header(request, "authorization");
    const bool is_bearer = given.size() > scheme.size() &&
                           std::equal(scheme.begin(), scheme.end(), given.begin(),
                                      [](char a, unsigned char b) { return a == std::tolower(b); });
    return is_bearer ? std::optional(given.substr(scheme.size())) : std::nullopt;
}

}  // namespace tidewheel::http
