#include "tidewheel/http/post.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <future>
#include <limits>

#include "asio.hpp"
#include "message.hpp"
#include "target.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::http {
namespace {

using namespace std::chrono_literals;
using Endpoint = asio::ip::tcp::endpoint;

struct Url {
    Address address;
    std::string authority;  // as in the Host header
    std::string target;
};

Error not_a_url(const std::string& url) {
    return Error(Error::Kind::setting, "'" + url + "' is not a URL that can be called",
                 "Write http://host:port/path.");
}

Url parse(const std::string& url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) throw not_a_url(url);
    const auto end = std::min(url.find_first_of("/?#", scheme.size()), url.size());
    const std::string authority = url.substr(scheme.size(), end - scheme.size());
    std::string target = url.substr(end, url.find('#') - end);
    if (!target.starts_with('/')) target.insert(0, "/");
    auto address = parse_address(authority);
    if (!address) address = parse_address(authority + ":80");
    if (!address || authority.find('@') != std::string::npos ||
        url.find_first_of(" \t\r\n") != std::string::npos)
        throw not_a_url(url);
    return {*std::move(address), authority, std::move(target)};
}

WireRequest to_wire(const Url& url, const std::string& body,
                    const std::map<std::string, std::string>& headers) {
    WireRequest request;
    request.method(beast::http::verb::post);
    request.target(url.target);
    request.set(beast::http::field::host, url.authority);
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

asio::awaitable<std::vector<Endpoint>> look_up(asio::io_context& io, const Address& address,
                                               bool private_addresses) {
    asio::ip::tcp::resolver resolver(io);
    std::vector<Endpoint> allowed;
    for (const auto& found :
         co_await resolver.async_resolve(address.host, address.port, asio::use_awaitable))
        if (private_addresses || !is_private_address(found.endpoint().address().to_string()))
            allowed.push_back(found.endpoint());
    if (allowed.empty())
        throw Error(Error::Kind::refused, address.host + " is a private address",
                    "The setting notifier_private allows such addresses.");
    co_return allowed;
}

// The answer's status counts. Of a body that is too large, or breaks off, the beginning is enough.
asio::awaitable<Response> read_answer(beast::tcp_stream& stream, std::size_t most) {
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

asio::awaitable<Response> exchange(asio::io_context& io, const Url& url, const WireRequest& request,
                                   const PostOptions& options) {
    const auto endpoints = co_await look_up(io, url.address, options.private_addresses);
    beast::tcp_stream stream(io);
    co_await stream.async_connect(endpoints, asio::use_awaitable);
    co_await beast::http::async_write(stream, request, asio::use_awaitable);
    co_return co_await read_answer(stream, options.answer_bytes);
}

// Looks for a stop in between.
bool run_until(asio::io_context& io, std::future<Response>& response, const PostOptions& options) {
    constexpr auto slice = 50ms;
    const auto deadline = std::chrono::steady_clock::now() + options.timeout;
    while (response.wait_for(0s) != std::future_status::ready) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= deadline || options.stop.stop_requested()) return false;
        io.run_for(std::min<std::chrono::steady_clock::duration>(slice, deadline - now));
    }
    return true;
}

}  // namespace

Response post(const std::string& url, const std::string& body,
              const std::map<std::string, std::string>& headers, const PostOptions& options) {
    const Url parsed = parse(url);
    const WireRequest request = to_wire(parsed, body, headers);
    asio::io_context io;
    auto response = asio::co_spawn(io, exchange(io, parsed, request, options), asio::use_future);
    const bool answered = run_until(io, response, options);
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
