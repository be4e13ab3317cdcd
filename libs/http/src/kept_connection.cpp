#include "tidewheel/http/kept_connection.hpp"

#include <boost/beast/http.hpp>
#include <future>

#include "connect.hpp"
#include "message.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::http {
namespace {

constexpr std::size_t most_of_an_answer = 1u << 20;

Url origin_of(const std::string& text) {
    auto url = parse_url(text);
    if (!url || url->scheme != "http" || url->target != "/")
        throw Error(Error::Kind::setting, "'" + text + "' is not the address of a server",
                    "Write http://host:port.");
    return *std::move(url);
}

}  // namespace

struct KeptConnection::State {
    State(const std::string& server, std::chrono::milliseconds time)
        : origin(origin_of(server)), timeout(time) {}

    asio::awaitable<Response> ask(const WireRequest& request) {
        if (!stream) {
            buffer.clear();
            const Reach direct;  // a name, for GCC 12 destroys a temporary in co_await twice
            stream = co_await connect(io, origin, direct);
        }
        co_await beast::http::async_write(*stream, request, asio::use_awaitable);
        beast::http::response_parser<beast::http::string_body> parser;
        parser.body_limit(most_of_an_answer);
        co_await beast::http::async_read(*stream, buffer, parser, asio::use_awaitable);
        if (!parser.get().keep_alive()) stream.reset();
        co_return from_wire(parser.release());
    }

    const Url origin;
    const std::chrono::milliseconds timeout;
    asio::io_context io{1};
    beast::flat_buffer buffer;
    std::unique_ptr<beast::tcp_stream> stream;  // nullptr: not connected
};

KeptConnection::KeptConnection(const std::string& origin, std::chrono::milliseconds timeout)
    : state_(std::make_unique<State>(origin, timeout)) {}

KeptConnection::~KeptConnection() = default;

Response KeptConnection::post(const std::string& path, const std::string& body,
                              const Headers& headers) {
    WireRequest request(beast::http::verb::post, path, 11, body);
    request.set(beast::http::field::host, state_->origin.authority());
    for (const auto& [name, value] : headers)
        request.set(name, value);
    request.prepare_payload();
    const auto failed = [&](const std::string& why) {
        state_->stream.reset();
        return Error(Error::Kind::unavailable,
                     "POST http://" + state_->origin.authority() + path + ": " + why);
    };
    auto response = asio::co_spawn(state_->io, state_->ask(request), asio::use_future);
    const auto answered = [&] {
        return response.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    };
    const auto deadline = std::chrono::steady_clock::now() + state_->timeout;
    if (!run_until(state_->io, deadline, {}, answered)) {
        if (state_->stream) state_->stream->close();
        run_until(state_->io, deadline + std::chrono::seconds(10), {}, answered);
        throw failed("no answer within " + std::to_string(state_->timeout.count()) + " ms");
    }
    try {
        return response.get();
    } catch (const boost::system::system_error& error) {
        throw failed(error.code().message());
    }
}

}  // namespace tidewheel::http
