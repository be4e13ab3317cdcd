#include "tidewheel/http/kept_connection.hpp"

#include <algorithm>
#include <boost/beast/http.hpp>
#include <cctype>
#include <future>
#include <limits>
#include <optional>

#include "connect.hpp"
#include "message.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/http/private_address.hpp"

namespace tidewheel::http {
namespace {

using namespace std::chrono_literals;
using Endpoint = asio::ip::tcp::endpoint;
using Clock = std::chrono::steady_clock;

constexpr auto longest_kept = 1min;

Url parse(const std::string& url) {
    auto parsed = parse_url(url);
    if (!parsed || parsed->is_websocket() || !parsed->user_info.empty())
        throw Error(Error::Kind::setting, "'" + url + "' is not a URL that can be called",
                    "Write https://host:port/path, or http.");
    return *std::move(parsed);
}

WireRequest to_wire(const Url& url, const std::string& body, const Headers& headers) {
    WireRequest request(beast::http::verb::post, url.target, 11, body);
    request.set(beast::http::field::host, url.authority());
    for (const auto& [name, value] : headers)
        request.set(name, value);
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

// An open connection, with what was read beyond the last answer.
struct Link {
    std::unique_ptr<asio::ssl::context> context;
    std::unique_ptr<beast::tcp_stream> plain;
    std::unique_ptr<SecureStream> secured;  // instead of plain
    beast::flat_buffer buffer;
    const Clock::time_point made_at = Clock::now();
    Clock::time_point used_at = made_at;
    bool has_answered = false;
};

asio::awaitable<std::shared_ptr<Link>> open(asio::io_context& io, const Url& url,
                                            bool private_addresses) {
    const auto endpoints = co_await look_up(io, url, private_addresses);
    auto link = std::make_shared<Link>();
    link->plain = std::make_unique<beast::tcp_stream>(io);
    co_await link->plain->async_connect(endpoints, asio::use_awaitable);
    link->plain->socket().set_option(asio::ip::tcp::no_delay(true));
    if (!url.is_secure()) co_return link;
    const Reach direct;  // a name, for GCC 12 destroys a temporary in co_await twice
    link->context = std::make_unique<asio::ssl::context>(client_context(direct));
    link->secured = co_await secure(std::move(link->plain), url, *link->context);
    co_return link;
}

struct Answer {
    std::optional<Response> response;  // nothing: the server has closed before its first byte
    bool is_kept = false;              // the next request may follow
};

// The answer's status counts. Of a body that is too large, or breaks off, the beginning is enough.
template <class Stream>
asio::awaitable<Answer> converse(Stream& stream, Link& link, const WireRequest& request,
                                 std::size_t most) {
    beast::http::response_parser<beast::http::buffer_body> parser;
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    boost::system::error_code error;
    co_await beast::http::async_write(stream, request,
                                      asio::redirect_error(asio::use_awaitable, error));
    if (!error)
        co_await beast::http::async_read_header(stream, link.buffer, parser,
                                                asio::redirect_error(asio::use_awaitable, error));
    if (error && link.has_answered && !parser.got_some() && link.buffer.size() == 0)
        co_return Answer();
    if (error) throw boost::system::system_error(error);
    std::string body(most, '\0');
    std::size_t size = 0;
    while (!parser.is_done() && size < most) {
        parser.get().body().data = body.data() + size;
        parser.get().body().size = most - size;
        co_await beast::http::async_read(stream, link.buffer, parser,
                                         asio::redirect_error(asio::use_awaitable, error));
        size = most - parser.get().body().size;
        if (error && error != beast::http::error::need_buffer) break;
    }
    body.resize(size);
    Answer answer;
    answer.response = to_response(parser.get().base(), std::move(body));
    answer.is_kept = parser.is_done() && link.buffer.size() == 0 && parser.get().keep_alive();
    co_return answer;
}

}  // namespace

struct KeptConnection::State {
    explicit State(Url to) : url(std::move(to)) {}

    asio::awaitable<Response> ask(const WireRequest& request, const PostOptions& options) {
        if (link && Clock::now() - link->made_at > longest_kept) link.reset();
        while (true) {
            if (!link) link = co_await open(io, url, options.private_addresses);
            const auto current = link;  // a conversation that is given up ends with `io`
            Answer answer;
            if (current->secured)
                answer =
                    co_await converse(*current->secured, *current, request, options.answer_bytes);
            else
                answer =
                    co_await converse(*current->plain, *current, request, options.answer_bytes);
            current->used_at = Clock::now();
            current->has_answered = true;
            if (!answer.is_kept) link.reset();
            if (answer.response) co_return *std::move(answer.response);
        }
    }

    const Url url;
    asio::io_context io{1};
    std::shared_ptr<Link> link;  // nullptr: not connected
};

KeptConnection::KeptConnection(const std::string& url)
    : state_(std::make_unique<State>(parse(url))) {}

KeptConnection::~KeptConnection() = default;

Response KeptConnection::post(const std::string& body, const Headers& headers,
                              const PostOptions& options) {
    const auto deadline = Clock::now() + options.timeout;
    const WireRequest request = to_wire(state_->url, body, headers);
    auto response = asio::co_spawn(state_->io, state_->ask(request, options), asio::use_future);
    const bool answered = run_until(state_->io, deadline, options.stop, [&] {
        return response.wait_for(0s) == std::future_status::ready;
    });
    try {
        if (answered) return response.get();
    } catch (const boost::system::system_error& error) {
        state_->link.reset();
        throw Error(Error::Kind::unavailable, error.code().message());
    }
    // With what is under way.
    state_ = std::make_unique<State>(Url(state_->url));
    throw Error(Error::Kind::unavailable,
                options.stop.stop_requested()
                    ? "given up for a stop"
                    : "no answer within " + std::to_string(options.timeout.count()) + " ms");
}

void KeptConnection::close_idle(std::chrono::milliseconds idle) {
    if (state_->link && Clock::now() - state_->link->used_at >= idle) state_->link.reset();
}

}  // namespace tidewheel::http
