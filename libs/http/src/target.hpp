#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tidewheel::http {

struct Target {
    std::string path;
    std::map<std::string, std::string> query;  // of a name that occurs twice, the last
};

// Takes a request target (RFC 9112, section 3.2: origin or absolute form) apart, percent-decoded
// once; '+' is a space in the query only. nullopt: bad percent encoding, a NUL, or another form.
std::optional<Target> parse_target(std::string_view target);

struct Address {
    std::string host;  // without the brackets of IPv6
    std::string port;
};

// "127.0.0.1:9464", "[::1]:0", "localhost:80".
std::optional<Address> parse_address(std::string_view text);

}  // namespace tidewheel::http
