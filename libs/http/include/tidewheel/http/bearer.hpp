#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

// A request's header, by its name in lower case; empty: it has none.
std::string_view header(const Request& request, const std::string& name);
// Authorization: Bearer … (RFC 6750); nullopt: the request has none. Views the request.
std::optional<std::string_view> bearer_token(const Request& request);

}  // namespace tidewheel::http
