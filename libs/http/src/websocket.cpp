#include "tidewheel/http/websocket.hpp"

#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <functional>
#include <future>
#include <optional>

#include "connect.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"

namespace tidewheel::http {
namespace {

namespace websocket = beast::websocket;
using Done = std::function<void(beast::error_code)>;
constexpr std::chrono::seconds longest_write{10}, longest_close{1};

// A websocket over TCP or over TLS.
class Link {
  public:
    virtual ~Link() = default;
    virtual void read(beast::flat_buffer& to, Done done) = 0;
    virtual void write(const std::string& text, Done done) = 0;
    virtual void close(Done done) = 0;
    virtual bool got_binary() const = 0;
    virtual websocket::close_reason reason() const = 0;
};

template <class Stream>
class LinkOver final : public Link {
  public:
    explicit LinkOver(Stream&& stream) : socket_(std::move(stream)) {}

    void set_up(const Headers& headers, const WebSocketOptions& options,
                std::function<void()> heard) {
        socket_.set_option(
            websocket::stream_base::timeout{options.connect_timeout, options.idle, true});
        socket_.set_option(
            websocket::stream_base::decorator([headers](websocket::request_type& request) {
                request.set(beast::http::field::user_agent, "tidewheel/" + std::string(version()));
                for (const auto& [name, value] : headers)
                    request.set(name, value);
            }));
        socket_.read_message_max(options.message_bytes);
        socket_.control_callback(
            [heard = std::move(heard)](websocket::frame_type, beast::string_view) { heard(); });
    }
    asio::awaitable<void> shake_hands(const Url& url) {
        websocket::response_type response;
        beast::error_code error;
        co_await socket_.async_handshake(response, url.authority(), url.target,
                                         asio::redirect_error(asio::use_awaitable, error));
        if (error == websocket::error::upgrade_declined)
            throw Error(Error::Kind::unavailable, "the server answers with status " +
                                                      std::to_string(response.result_int()) +
                                                      ", and not with a websocket");
        if (error) throw boost::system::system_error(error);
    }
    void read(beast::flat_buffer& to, Done done) override {
        socket_.async_read(
            to, [done = std::move(done)](beast::error_code error, std::size_t) { done(error); });
    }
    void write(const std::string& text, Done done) override {
        socket_.text(true);
        socket_.async_write(
            asio::buffer(text),
            [done = std::move(done)](beast::error_code error, std::size_t) { done(error); });
    }
    void close(Done done) override {
        socket_.async_close(websocket::close_code::normal, std::move(done));
    }
    bool got_binary() const override { return socket_.got_binary(); }
    websocket::close_reason reason() const override { return socket_.reason(); }

  private:
    websocket::stream<Stream> socket_;
};

template <class Stream>
asio::awaitable<std::unique_ptr<Link>> upgrade(Stream& stream, const Url& url,
                                               const Headers& headers,
                                               const WebSocketOptions& options,
                                               std::function<void()> heard) {
    auto link = std::make_unique<LinkOver<Stream>>(std::move(stream));
    link->set_up(headers, options, std::move(heard));
    co_await link->shake_hands(url);
    std::unique_ptr<Link> result = std::move(link);
    co_return result;
}

Url url_of_websocket(const std::string& text) {
    auto url = parse_url(text);
    if (!url || !url->is_websocket())
        throw Error(Error::Kind::setting, "'" + text + "' is not the URL of a websocket",
                    "Write ws://host:port/path or wss://host/path.");
    return *std::move(url);
}

}  // namespace

struct WebSocket::State {
    State(const std::string& text, const Headers& with, const WebSocketOptions& wanted)
        : url(url_of_websocket(text)), headers(with), options(wanted) {
        if (url.is_secure()) context.emplace(client_context(options.reach));
    }

    asio::awaitable<void> open();
    void require_open();
    // Runs `io` until `done`. False: not in time.
    bool wait(const bool& done, std::chrono::milliseconds time) {
        return run_until(io, std::chrono::steady_clock::now() + time, {}, [&] { return done; });
    }
    [[noreturn]] void fail(const beast::error_code& error) const;
    Error failure(Error::Kind kind, const std::string& why, const std::string& hint = {}) const {
        return Error(kind, url.text() + ": " + why, hint);
    }

    const Url url;
    const Headers headers;
    const WebSocketOptions options;
    std::chrono::system_clock::time_point heard = std::chrono::system_clock::now();
    beast::flat_buffer buffer;
    bool reading = false, has_read = false;
    beast::error_code read_error;
    std::optional<asio::ssl::context> context;
    asio::io_context io{1};      // what waits in it uses all of the above
    std::unique_ptr<Link> link;  // uses `io`
};

asio::awaitable<void> WebSocket::State::open() {
    const auto note = [this] { heard = std::chrono::system_clock::now(); };
    auto stream = co_await connect(io, url, options.reach);
    if (context) {
        auto secured = co_await secure(std::move(stream), url, *context);
        link = co_await upgrade(*secured, url, headers, options, note);
    } else {
        link = co_await upgrade(*stream, url, headers, options, note);
    }
}

void WebSocket::State::require_open() {
    auto opened = asio::co_spawn(io, open(), asio::use_future);
    constexpr auto hint = "Check that the server is up and the address is right.";
    if (!run_until(
            io, std::chrono::steady_clock::now() + options.connect_timeout, options.stop,
            [&] { return opened.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }))
        throw failure(
            Error::Kind::unavailable,
            "no connection within " + std::to_string(options.connect_timeout.count()) + " ms",
            hint);
    try {
        opened.get();
    } catch (const boost::system::system_error& error) {
        throw failure(Error::Kind::unavailable, error.code().message(), hint);
    } catch (const Error& error) {
        throw failure(error.kind(), error.what(), error.hint());
    }
}

void WebSocket::State::fail(const beast::error_code& error) const {
    if (error == websocket::error::closed) {
        const auto reason = link->reason();
        throw failure(Error::Kind::unavailable,
                      "the server closed the connection (code " + std::to_string(reason.code) +
                          (reason.reason.empty() ? "" : ", ") +
                          std::string(reason.reason.data(), reason.reason.size()) + ")");
    }
    if (error == beast::error::timeout)
        throw failure(Error::Kind::unavailable, "nothing was heard from the server for " +
                                                    std::to_string(options.idle.count()) + " ms");
    if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
        throw failure(Error::Kind::refused, "a message is larger than " +
                                                std::to_string(options.message_bytes) + " bytes");
    throw failure(Error::Kind::unavailable, "the connection is lost: " + error.message());
}

WebSocket::WebSocket(const std::string& url, const Headers& headers,
                     const WebSocketOptions& options)
    : state_(std::make_unique<State>(url, headers, options)) {
    state_->require_open();
}

WebSocket::~WebSocket() = default;

void WebSocket::send(const std::string& text) {
    bool done = false;
    beast::error_code failed;
    const auto kept = std::make_shared<std::string>(text);
    state_->link->write(*kept, [&, kept](beast::error_code error) {
        failed = error;
        done = true;
    });
    if (!state_->wait(done, longest_write)) {
        state_->link.reset();  // its handler refers to what ends here
        state_->io.restart();
        state_->io.poll();
        throw state_->failure(Error::Kind::unavailable, "the server does not take what is sent");
    }
    if (failed) state_->fail(failed);
}

bool WebSocket::receive(Message& message, std::chrono::milliseconds wait) {
    State& state = *state_;
    if (!state.reading) {
        state.reading = true;
        state.has_read = false;
        state.link->read(state.buffer, [&state](beast::error_code error) {
            state.read_error = error;
            state.has_read = true;
        });
    }
    if (!state.wait(state.has_read, wait)) return false;
    state.reading = false;
    if (state.read_error) state.fail(state.read_error);
    state.heard = std::chrono::system_clock::now();
    const auto bytes = state.buffer.cdata();
    message.bytes.assign(static_cast<const char*>(bytes.data()), bytes.size());
    message.is_binary = state.link->got_binary();
    state.buffer.consume(state.buffer.size());
    return true;
}

std::chrono::system_clock::time_point WebSocket::heard_at() const {
    return state_->heard;
}

void WebSocket::close() {
    const auto done = std::make_shared<bool>(false);
    state_->link->close([done](beast::error_code) { *done = true; });
    state_->wait(*done, longest_close);
}

}  // namespace tidewheel::http
