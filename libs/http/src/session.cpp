#include "session.hpp"

namespace tidewheel::http {
namespace {

using Parser = beast::http::request_parser<beast::http::string_body>;

auto into(beast::error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

asio::awaitable<Response> run_handler(const Shared& shared, const Request& request) {
    co_return shared.router.answer(request, shared.on_error);
}

bool expects_continue(const Parser& parser) {
    const auto field = parser.get()[beast::http::field::expect];
    return beast::iequals(field, "100-continue");
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Shared& shared)
    : stream_(std::move(socket)), shared_(shared) {}

void Session::stop() {
    if (!answering_) stream_.close();
}

asio::awaitable<void> Session::serve() {
    bool again = true;
    while (again && !shared_.stopping)
        again = co_await serve_one();
    co_await drain();
}

asio::awaitable<void> Session::refuse() {
    stream_.expires_after(std::chrono::seconds(1));
    Response response;
    response.status = 503;
    response.body = "too many connections\n";
    response.headers["Retry-After"] = "1";
    co_await send(std::move(response), false, 11, false);
    co_await drain();
}

// Reads and answers one request; false: the connection ends.
asio::awaitable<bool> Session::serve_one() {
    Parser parser;
    const beast::error_code error = co_await read(parser);
    if (shared_.stopping) co_return false;
    if (error) {
        auto answer = answer_to(error);
        if (answer) co_await send(*std::move(answer), false, 11, false);
        co_return false;
    }
    const bool keep_alive = parser.get().keep_alive();
    const bool is_head = parser.get().method() == beast::http::verb::head;
    const unsigned version = parser.get().version();
    const auto request = from_wire(parser.release());
    if (!request) {
        co_return co_await send(*answer_to(beast::http::error::bad_target), false, 11, false);
    }
    answering_ = true;
    stream_.expires_never();  // the handler takes what it takes
    Response response = co_await asio::co_spawn(shared_.handlers, run_handler(shared_, *request),
                                                asio::use_awaitable);
    const bool kept = keep_alive && !shared_.stopping;
    const bool sent = co_await send(std::move(response), is_head, version, kept);
    answering_ = false;
    co_return sent;
}

// One deadline for the whole request, so that a byte now and then does not hold the connection.
asio::awaitable<beast::error_code> Session::read(Parser& parser) {
    parser.header_limit(static_cast<std::uint32_t>(shared_.limits.header_bytes));
    parser.body_limit(shared_.limits.body_bytes);
    stream_.expires_after(shared_.limits.patience);
    beast::error_code error;
    co_await beast::http::async_read_header(stream_, buffer_, parser, into(error));
    if (!error && expects_continue(parser)) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()), into(error));
    }
    if (!error) co_await beast::http::async_read(stream_, buffer_, parser, into(error));
    co_return error;
}

// False: the connection ends, as the response said or because it broke.
asio::awaitable<bool> Session::send(Response response, bool is_head, unsigned version,
                                    bool keep_alive) {
    const WireResponse wire = to_wire(std::move(response), is_head, version, keep_alive);
    beast::http::response_serializer<beast::http::string_body> serializer(wire);
    stream_.expires_after(shared_.limits.patience);
    beast::error_code error;
    if (is_head) {
        co_await beast::http::async_write_header(stream_, serializer, into(error));
    } else {
        co_await beast::http::async_write(stream_, serializer, into(error));
    }
    co_return !error && keep_alive;
}

// A client that still sends would lose our answer to a reset, so read on for a moment (RFC 9112,
// section 9.6).
asio::awaitable<void> Session::drain() {
    beast::error_code error;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    stream_.expires_after(std::chrono::seconds(1));
    char ignored[4096];
    while (!error && !shared_.stopping) {
        co_await stream_.async_read_some(asio::buffer(ignored), into(error));
    }
}

}  // namespace tidewheel::http
