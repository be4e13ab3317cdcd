#include "session.hpp"

namespace tidewheel::http {
namespace {

using Parser = beast::http::request_parser<beast::http::string_body>;
constexpr std::size_t first_read = 4096;
const beast::error_code no_memory = make_error_code(boost::system::errc::not_enough_memory);

auto into(beast::error_code& error) {
    return asio::redirect_error(asio::use_awaitable, error);
}

bool expects_continue(const Parser& parser) {
    const auto field = parser.get()[beast::http::field::expect];
    return beast::iequals(field, "100-continue");
}

}  // namespace

Session::Session(ServerStream stream, Shared& shared)
    : stream_(std::move(stream)), shared_(shared) {}

void Session::stop() {
    if (!answering_) stream_.tcp().close();
}

void Session::give_way() {
    gone_ = true;
    hold(0);
    stream_.tcp().close();
}

std::optional<std::chrono::steady_clock::time_point> Session::waiting_since() const {
    return handling_ || gone_ ? std::nullopt : std::optional(since_);
}

std::optional<std::chrono::steady_clock::time_point> Session::body_since() const {
    return handling_ || gone_ || held_ == 0 ? std::nullopt : std::optional(body_since_);
}

// False: the client doesn't speak TLS, or not in time.
asio::awaitable<bool> Session::open() {
    stream_.tcp().expires_after(std::min(shared_.limits.header_timeout, shared_.limits.timeout));
    const beast::error_code error = co_await stream_.open();
    co_return !error && !gone_;
}

asio::awaitable<void> Session::serve() {
    bool again = co_await open();
    if (!again) co_return;
    while (again && !shared_.stopping)
        again = co_await serve_one();
    co_await drain();
}

asio::awaitable<void> Session::refuse() {
    if (!co_await open()) co_return;
    stream_.tcp().expires_after(std::chrono::seconds(1));
    Response response = shared_.router.refusal(503, "too many connections");
    response.headers["Retry-After"] = "1";
    co_await send(std::move(response), false, 11, false);
    co_await drain();
}

// Reads and answers one request; false: the connection ends.
asio::awaitable<bool> Session::serve_one() {
    Parser parser;
    since_ = std::chrono::steady_clock::now();
    const beast::error_code error = co_await read(parser);
    if (shared_.stopping || gone_) co_return false;
    if (error) {
        const auto fault = fault_of(error);
        if (!fault) co_return false;
        co_return co_await refuse(fault->status, fault->why);
    }
    const bool keep_alive = parser.get().keep_alive();
    const bool is_head = parser.get().method() == beast::http::verb::head;
    const unsigned version = parser.get().version();
    auto request = from_wire(parser.release());
    if (!request) co_return co_await refuse(400, "bad request");
    answering_ = handling_ = true;
    stream_.tcp().expires_never();  // the handler takes what it takes
    Response response = co_await handle(*std::move(request));
    handling_ = false;
    hold(0);
    since_ = std::chrono::steady_clock::now();
    const bool kept = keep_alive && !shared_.stopping;
    const bool sent = co_await send(std::move(response), is_head, version, kept);
    answering_ = false;
    co_return sent;
}

asio::awaitable<bool> Session::refuse(int status, const char* why) {
    return send(shared_.router.refusal(status, why), false, 11, false);
}

// The handler runs on a thread of its own, and may answer after it has returned.
asio::awaitable<Response> Session::handle(Request&& request) {
    const auto answer = std::make_shared<Answer>(stream_.get_executor());
    asio::post(shared_.handlers, [&shared = shared_, request = std::move(request),
                                  respond = respond_to(shared_.mailbox, answer)]() mutable {
        shared.router.answer(std::move(request), respond, shared.on_error);
    });
    co_return co_await answer->take();
}

// A deadline for the whole header and one for the whole body, so that a byte now and then does not
// hold the connection. Between two requests the client may rest for longer.
asio::awaitable<beast::error_code> Session::read(Parser& parser) {
    const ServerLimits& limits = shared_.limits;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(limits.body_bytes);
    beast::error_code error;
    if (!first_ && buffer_.size() == 0) {
        stream_.tcp().expires_after(limits.timeout);
        const std::size_t size =
            co_await stream_.async_read_some(buffer_.prepare(first_read), into(error));
        if (error) co_return error == asio::error::eof ? beast::http::error::end_of_stream : error;
        buffer_.commit(size);
    }
    first_ = false;
    stream_.tcp().expires_after(std::min(limits.header_timeout, limits.timeout));
    co_await beast::http::async_read_header(stream_, buffer_, parser, into(error));
    stream_.tcp().expires_after(limits.timeout);
    if (!error && expects_continue(parser)) {
        constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(stream_, asio::buffer(go_on.data(), go_on.size()), into(error));
    }
    if (!error) error = co_await read_body(parser);
    co_return error;
}

asio::awaitable<beast::error_code> Session::read_body(Parser& parser) {
    body_since_ = std::chrono::steady_clock::now();
    beast::error_code error;
    while (!error && !parser.is_done()) {
        co_await beast::http::async_read_some(stream_, buffer_, parser, into(error));
        hold(parser.get().body().size());
        while (shared_.bodies_bytes > shared_.limits.bodies_bytes && !gone_)
            if (!shared_.cut_off_slowest_body(*this)) co_return no_memory;
    }
    co_return error;
}

// What has been cut off is free at once, though its connection takes a moment to close.
void Session::hold(std::size_t bytes) {
    const std::size_t now = gone_ ? 0 : bytes;
    shared_.bodies_bytes += now - held_;
    held_ = now;
}

// False: the connection ends, as the response said or because it broke.
asio::awaitable<bool> Session::send(Response response, bool is_head, unsigned version,
                                    bool keep_alive) {
    const WireResponse wire = to_wire(std::move(response), is_head, version, keep_alive);
    beast::http::response_serializer<beast::http::string_body> serializer(wire);
    stream_.tcp().expires_after(shared_.limits.timeout);
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
    stream_.tcp().expires_after(std::chrono::seconds(1));
    co_await stream_.finish();
    beast::error_code error;
    char ignored[4096];
    while (!error && !shared_.stopping) {
        co_await stream_.tcp().async_read_some(asio::buffer(ignored), into(error));
    }
}

}  // namespace tidewheel::http
