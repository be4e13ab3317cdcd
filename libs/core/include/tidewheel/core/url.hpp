#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace tidewheel {

// A URL of http, https, ws or wss, taken apart (RFC 3986), without its fragment.
struct Url {
    std::string scheme;     // in lower case
    std::string user_info;  // before the '@', as it is written; empty: none
    std::string host;       // without the brackets of IPv6
    std::string port;       // 80 and 443 where the URL names none
    std::string target;     // path and query, as they are sent: begins with '/'

    bool is_secure() const { return scheme == "https" || scheme == "wss"; }
    bool is_websocket() const { return scheme == "ws" || scheme == "wss"; }
    // host:port, the port left out where it is the scheme's own; IPv6 in brackets.
    std::string authority() const;
    std::string text() const;  // without the user
    bool operator==(const Url&) const = default;
};

// nullopt: it is not such a URL, or holds what may not be sent (blanks, control characters, bytes
// beyond ASCII).
std::optional<Url> parse_url(std::string_view text);

// What a Location header means at `base` (RFC 3986, section 5.2, as far as servers use it: a whole
// URL, one without a scheme, a path, a relative path). nullopt: it is not one.
std::optional<Url> resolve_reference(const Url& base, std::string_view reference);

}  // namespace tidewheel
