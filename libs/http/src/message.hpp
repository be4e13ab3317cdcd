#pragma once
#include <boost/beast/http.hpp>
#include <optional>

#include "tidewheel/http/server.hpp"

namespace tidewheel::http {

namespace beast = boost::beast;
using WireRequest = beast::http::request<beast::http::string_body>;
using WireResponse = beast::http::response<beast::http::string_body>;

// Between Beast's messages and ours. nullopt: the request is not one to be trusted (RFC 9112,
// sections 3.2 and 6.1): no Host or two, a transfer coding other than chunked, a bad target.
std::optional<Request> from_wire(WireRequest&& request);
Response from_wire(WireResponse&& response);
WireResponse to_wire(Response&& response, bool is_head, unsigned version, bool keep_alive);

// What a client is told whose request could not be read.
struct Fault {
    int status;
    const char* why;
};
std::optional<Fault> fault_of(
    const beast::error_code& error);  // nullopt: no one is there to read it

}  // namespace tidewheel::http
