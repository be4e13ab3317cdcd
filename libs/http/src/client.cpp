#include "tidewheel/http/client.hpp"

#include <algorithm>
#include <boost/beast/http.hpp>
#include <future>

#include "connect.hpp"
#include "message.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::http {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

Url url_to_fetch(const std::string& text) {
    auto url = parse_url(text);
    if (!url || url->is_websocket())
        throw Error(Error::Kind::setting, "'" + text + "' is not a URL that can be fetched",
                    "Write http://host:port/path or https://host/path.");
    return *std::move(url);
}

WireRequest to_wire(const std::string& method, const Url& url, const std::string& body,
                    const std::string& content_type, const Headers& headers) {
    WireRequest request;
    request.method_string(method);
    request.target(url.target);
    request.set(beast::http::field::host, url.authority());
    request.keep_alive(false);
    if (!body.empty()) request.set(beast::http::field::content_type, content_type);
    request.body() = body;
    request.prepare_payload();
    for (const auto& [name, value] : headers)
        request.set(name, value);
    return request;
}

template <class Stream>
asio::awaitable<Response> converse(Stream& stream, const WireRequest& request,
                                   std::size_t body_bytes) {
    co_await beast::http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.skip(request.method() == beast::http::verb::head);
    parser.body_limit(body_bytes);
    beast::error_code error;
    co_await beast::http::async_read_header(stream, buffer, parser,
                                            asio::redirect_error(asio::use_awaitable, error));
    // Boost 1.74 keeps the limit of a response's body only where the server doesn't say its length.
    if (!error && parser.content_length().value_or(0) > body_bytes)
        error = beast::http::error::body_limit;
    if (!error && !parser.is_done())
        co_await beast::http::async_read(stream, buffer, parser,
                                         asio::redirect_error(asio::use_awaitable, error));
    if (error == beast::http::error::body_limit)
        throw Error(Error::Kind::refused,
                    "the answer is larger than " + std::to_string(body_bytes) + " bytes");
    if (error) throw boost::system::system_error(error);
    co_return from_wire(parser.release());
}

asio::awaitable<Response> exchange(asio::io_context& io, const Url& url, const WireRequest& request,
                                   const FetchOptions& options, asio::ssl::context* context) {
    auto stream = co_await connect(io, url, options.reach);
    if (!context) {
        Response plain = co_await converse(*stream, request, options.body_bytes);
        co_return plain;
    }
    auto secured = co_await secure(std::move(stream), url, *context);
    Response response = co_await converse(*secured, request, options.body_bytes);
    co_return response;
}

// One request and its answer, whatever it is.
Response ask(const Url& url, const WireRequest& request, const FetchOptions& options,
             Deadline deadline) {
    std::unique_ptr<asio::ssl::context> context;
    if (url.is_secure())
        context = std::make_unique<asio::ssl::context>(client_context(options.reach));
    asio::io_context io;
    auto response =
        asio::co_spawn(io, exchange(io, url, request, options, context.get()), asio::use_future);
    const std::string what(request.method_string().data(), request.method_string().size());
    const auto failure = [&](Error::Kind kind, const std::string& why, const std::string& hint) {
        return Error(kind, what + " " + url.text() + ": " + why, hint);
    };
    constexpr auto hint = "Check that the server is up and the address is right.";
    if (!run_until(io, deadline, options.stop, [&] {
            return response.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        }))
        throw failure(Error::Kind::unavailable,
                      "no answer within " + std::to_string(options.timeout.count()) + " ms", hint);
    try {
        return response.get();
    } catch (const boost::system::system_error& error) {
        throw failure(Error::Kind::unavailable, error.code().message(), hint);
    } catch (const Error& error) {
        throw failure(error.kind(), error.what(), error.hint());
    }
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Url redirected(const Url& from, const Response& response) {
    const std::string location(header(response, "Location"));
    auto to = resolve_reference(from, location);
    if (!to || to->is_websocket())
        throw Error(Error::Kind::refused,
                    from.text() + " redirects to '" + location + "', which can't be fetched");
    if (from.is_secure() && !to->is_secure())
        throw Error(Error::Kind::refused,
                    from.text() + " redirects from https to http, which is not followed");
    return *std::move(to);
}

void drop_secrets(Headers& headers) {
    std::erase_if(headers, [](const auto& each) {
        return beast::iequals(each.first, "Authorization") || beast::iequals(each.first, "Cookie");
    });
}

}  // namespace

Response fetch(const std::string& method, const std::string& url, const std::string& body,
               const std::string& content_type, std::chrono::milliseconds timeout,
               const Headers& headers) {
    const Url parsed = url_to_fetch(url);
    FetchOptions options;
    options.timeout = timeout;
    return ask(parsed, to_wire(method, parsed, body, content_type, headers), options,
               std::chrono::steady_clock::now() + timeout);
}

Response get(const std::string& url, const Headers& headers, const FetchOptions& options) {
    const Deadline deadline = std::chrono::steady_clock::now() + options.timeout;
    Url at = url_to_fetch(url);
    Headers sent = headers;
    for (int followed = 0;; ++followed) {
        Response response = ask(at, to_wire("GET", at, {}, {}, sent), options, deadline);
        if (options.redirects == 0 || !is_redirect(response.status)) return response;
        if (followed == options.redirects)
            throw Error(Error::Kind::refused, url + " redirects more than " +
                                                  std::to_string(options.redirects) + " times");
        const Url to = redirected(at, response);
        if (to.authority() != at.authority()) drop_secrets(sent);
        at = to;
    }
}

std::string_view header(const Response& response, std::string_view name) {
    for (const auto& [each, value] : response.headers)
        if (beast::iequals(each, {name.data(), name.size()})) return value;
    return {};
}

}  // namespace tidewheel::http
