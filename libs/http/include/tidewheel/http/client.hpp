#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "tidewheel/core/url.hpp"
#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

using Headers = std::map<std::string, std::string>;

// How clients get to servers. Of https and wss the certificate is verified: that it is trusted, of
// this time, and of the host that the URL names. There is no way around.
struct Reach {
    std::string ca_file;  // the trusted certificates, PEM; empty: the system's
    std::string proxy;    // http://[user:password@]host:port, asked with CONNECT; empty: none
};

// The proxy that the environment names for this URL: https_proxy (or HTTPS_PROXY) for https and
// wss, http_proxy for http and ws, all_proxy for what has none; unless no_proxy lists the host, a
// domain of it, or '*'. Empty: none.
std::string environment_proxy(const Url& url);

struct FetchOptions {
    std::chrono::milliseconds timeout = std::chrono::seconds(10);  // for all of it
    std::size_t body_bytes = std::size_t{64} << 20;                // of the answer
    // How many are followed, with GET; from https to http none is. Authorization and Cookie stay
    // with the host that they are for.
    int redirects = 0;
    Reach reach = {};
    std::stop_token stop = {};  // gives up at once
};

// One request, one connection; blocks. Throws Error: setting, the URL is none of http or https, or
// the CA file can't be read; unavailable, nothing answers in time, or the connection breaks;
// refused, the certificate is not accepted, the body is too large, or a redirect leads nowhere.
Response fetch(const std::string& method, const std::string& url, const std::string& body = {},
               const std::string& content_type = "application/json",
               std::chrono::milliseconds timeout = std::chrono::seconds(10),
               const Headers& headers = {});
Response get(const std::string& url, const Headers& headers, const FetchOptions& options);

// An answer's header, by its name in any case; empty: it has none.
std::string_view header(const Response& response, std::string_view name);

}  // namespace tidewheel::http
