#include "tidewheel/http/client.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>

#include "asio.hpp"
#include "message.hpp"
#include "target.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::http {
namespace {

struct Url {
    Address address;
    std::string authority;  // as in the Host header
    std::string target;
};

Url parse_url(const std::string& url) {
    constexpr std::string_view scheme = "http://";
    const auto refuse = [&] {
        throw Error(Error::Kind::setting, "'" + url + "' is not a URL that can be fetched",
                    "Write http://host:port/path.");
    };
    if (!url.starts_with(scheme)) refuse();
    const auto end = std::min(url.find_first_of("/?", scheme.size()), url.size());
    const std::string authority = url.substr(scheme.size(), end - scheme.size());
    std::string target = url.substr(end);
    if (!target.starts_with('/')) target.insert(0, "/");
    auto address = parse_address(authority);
    if (!address) address = parse_address(authority + ":80");
    if (!address || target.find_first_of(" \r\n") != std::string::npos) refuse();
    return {*std::move(address), authority, std::move(target)};
}

WireRequest to_wire(const std::string& method, const Url& url, const std::string& body,
                    const std::string& content_type) {
    WireRequest request;
    request.method_string(method);
    request.target(url.target);
    request.set(beast::http::field::host, url.authority);
    request.keep_alive(false);
    if (!body.empty()) request.set(beast::http::field::content_type, content_type);
    request.body() = body;
    request.prepare_payload();
    return request;
}

Response from_wire(WireResponse&& wire) {
    Response response;
    response.status = static_cast<int>(wire.result_int());
    for (const auto& field : wire) {
        const std::string name(field.name_string().data(), field.name_string().size());
        response.headers[name] = std::string(field.value().data(), field.value().size());
    }
    const auto type = wire[beast::http::field::content_type];
    response.content_type = std::string(type.data(), type.size());
    response.body = std::move(wire.body());
    return response;
}

asio::awaitable<Response> exchange(asio::io_context& io, const Url& url,
                                   const WireRequest& request) {
    asio::ip::tcp::resolver resolver(io);
    const auto endpoints =
        co_await resolver.async_resolve(url.address.host, url.address.port, asio::use_awaitable);
    beast::tcp_stream stream(io);
    co_await stream.async_connect(endpoints, asio::use_awaitable);
    co_await beast::http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.skip(request.method() == beast::http::verb::head);
    parser.body_limit(std::uint64_t{64} << 20);
    co_await beast::http::async_read(stream, buffer, parser, asio::use_awaitable);
    co_return from_wire(parser.release());
}

}  // namespace

Response fetch(const std::string& method, const std::string& url, const std::string& body,
               const std::string& content_type, std::chrono::milliseconds timeout,
               const std::map<std::string, std::string>& headers) {
    const Url parsed = parse_url(url);
    WireRequest request = to_wire(method, parsed, body, content_type);
    for (const auto& [name, value] : headers)
        request.set(name, value);
    asio::io_context io;
    auto response = asio::co_spawn(io, exchange(io, parsed, request), asio::use_future);
    io.run_for(timeout);
    const auto fail = [&](const std::string& why) -> Error {
        return Error(Error::Kind::unavailable, method + " " + url + ": " + why,
                     "Check that the server is up and the address is right.");
    };
    if (response.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        throw fail("no answer within " + std::to_string(timeout.count()) + " ms");
    }
    try {
        return response.get();
    } catch (const boost::system::system_error& error) {
        throw fail(error.code().message());
    }
}

}  // namespace tidewheel::http
