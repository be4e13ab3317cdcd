#include "tidewheel/http/post.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <limits>
#include <memory>

#include "asio.hpp"
#include "connect.hpp"
#include "message.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/url.hpp"

namespace tidewheel::http {
namespace {

using Endpoint = asio::ip::tcp::endpoint;

Url parse(const std::string& url) {
    auto parsed = parse_url(url);
    if (!parsed || parsed->is_websocket() || !parsed->user_info.empty())
        throw Error(Error::Kind::setting, "'" + url + "' is not a URL that can be called",
                    "Write https://host:port/path, or http.");
    return *std::move(parsed);
}

WireRequest to_wire(const Url& url, const std::string& body,
                    const std::map<std::string, std::string>& headers) {
    WireRequest request;
    request.method(beast::http::verb::post);
    request.target(url.target);
    request.set(beast::http::field::host, url.authority());
    request.keep_alive(false);
    for (const auto& [name, value] : headers)
        request.set(name, value);
    request.body() = body;
    request.prepare_payload();
    return request;
}

// As much of the body as is wanted.
Response to_response(const beast::http::response_header<>& wire, std::string body) {
    Response response;
    response.status = static_cast<int>(wire.result_int());
    for (const auto& field : wire) {
        std::string name(field.name_string().data(), field.name_string().size());
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
        response.headers[name] = std::string(field.value().data(), field.value().size());
    }
    response.body = std::move(body);
    return response;
}

asio::awaitable<std::vector<Endpoint>> look_up(asio::io_context& io, const Url& url,
                                               bool private_addresses) {
    asio::ip::tcp::resolver resolver(io);
    std::vector<Endpoint> allowed;
    for (const auto& found :
         co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable))
        if (private_addresses || !is_private_address(found.endpoint().address().to_string()))
            allowed.push_back(found.endpoint());
    if (allowed.empty())
        throw Error(Error::Kind::refused, url.host + " is a private address",
                    "The setting notifier_private allows such addresses.");
    co_return allowed;
}

// The answer's status counts. Of a body that is too large, or breaks off, the beginning is enough.
template <class Stream>
asio::awaitable<Response> read_answer(Stream& stream, std::size_t most) {
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::buffer_body> parser;
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    co_await beast::http::async_read_header(stream, buffer, parser, asio::use_awaitable);
    std::string body(most, '\0');
    std::size_t size = 0;
    while (!parser.is_done() && size < most) {
        parser.get().body().data = body.data() + size;
        parser.get().body().size = most - size;
        boost::system::error_code error;
        co_await beast::http::async_read(stream, buffer, parser,
                                         asio::redirect_error(asio::use_awaitable, error));
        size = most - parser.get().body().size;
        if (error && error != beast::http::error::need_buffer) break;
    }
    body.resize(size);
    co_return to_response(parser.get().base(), std::move(body));
}

template <class Stream>
asio::awaitable<Response> converse(Stream& stream, const WireRequest& request, std::size_t most) {
    co_await beast::http::async_write(stream, request, asio::use_awaitable);
    Response response = co_await read_answer(stream, most);
    co_return response;
}

asio::awaitable<Response> exchange(asio::io_context& io, const Url& url, const WireRequest& request,
                                   const PostOptions& options, asio::ssl::context* context) {
    const auto endpoints = co_await look_up(io, url, options.private_addresses);
    auto stream = std::make_unique<beast::tcp_stream>(io);
    co_await stream->async_connect(endpoints, asio::use_awaitable);
    if (!context) {
        Response plain = co_await converse(*stream, request, options.answer_bytes);
        co_return plain;
    }
    auto secured = co_await secure(std::move(stream), url, *context);
    Response response = co_await converse(*secured, request, options.answer_bytes);
    co_return response;
}

}  // namespace

Response post(const std::string& url, const std::string& body,
              const std::map<std::string, std::string>& headers, const PostOptions& options) {
    const auto deadline = std::chrono::steady_clock::now() + options.timeout;
    const Url parsed = parse(url);
    const WireRequest request = to_wire(parsed, body, headers);
    std::unique_ptr<asio::ssl::context> context;
    if (parsed.is_secure()) context = std::make_unique<asio::ssl::context>(client_context({}));
    asio::io_context io;
    auto response =
        asio::co_spawn(io, exchange(io, parsed, request, options, context.get()), asio::use_future);
    const bool answered = run_until(io, deadline, options.stop, [&] {
        return response.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    try {
        if (answered) return response.get();
    } catch (const boost::system::system_error& error) {
        throw Error(Error::Kind::unavailable, error.code().message());
    }
    throw Error(Error::Kind::unavailable,
                options.stop.stop_requested()
                    ? "given up for a stop"
                    : "no answer within " + std::to_string(options.timeout.count()) + " ms");
}

}  // namespace tidewheel::http
