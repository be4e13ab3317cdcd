#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <stop_token>
#include <string>

#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

struct PostOptions {
    std::chrono::milliseconds timeout = std::chrono::seconds(10);  // for all of it
    std::size_t answer_bytes = 64 * 1024;  // of the answer's body; the rest is not read
    // Whether a name may stand for a private address. It is judged after it was looked up, and what
    // was judged is what is connected to, so that no name can be looked up twice with two answers.
    bool private_addresses = false;
    std::stop_token stop = {};  // gives up soon
};

// One POST, one connection, by http or https; for URLs that others write; certificates are verified
// by the system's. Follows no redirect and uses no proxy. Throws Error: setting, it is no URL of this kind;
// refused, every address is private, or the certificate is not accepted; unavailable, nothing
// answers in time, the connection breaks, or a stop was asked for.
Response post(const std::string& url, const std::string& body,
              const std::map<std::string, std::string>& headers, const PostOptions& options);

// Whether the text of an address is one that only its own host or network reaches: loopback,
// link-local, private (RFC 1918, RFC 4193), shared (RFC 6598), multicast, unspecified; also where
// IPv6 wraps such an IPv4 address.
bool is_private_address(const std::string& address);

}  // namespace tidewheel::http
