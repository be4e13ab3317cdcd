#pragma once
#include <chrono>
#include <functional>
#include <optional>

#include "answer.hpp"
#include "asio.hpp"
#include "message.hpp"
#include "router.hpp"
#include "server_stream.hpp"

namespace tidewheel::http {

class Session;

// What all connections of a server share. Outlives them.
struct Shared {
    ServerLimits limits;
    Router router;
    std::function<void(const std::string&)> on_error;
    asio::thread_pool& handlers;  // where handlers run
    std::shared_ptr<Mailbox> mailbox;
    bool stopping = false;  // only touched on the I/O thread, as what follows
    std::size_t bodies_bytes = 0;
    // Closes a connection to make room for what this one reads; false: this is the slowest itself.
    std::function<bool(const Session& asking)> cut_off_slowest_body;
};

// One connection. Everything but the handlers runs on the I/O thread.
class Session {
  public:
    Session(ServerStream stream, Shared& shared);
    ~Session() { hold(0); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    asio::awaitable<void> serve();   // until either side closes the connection
    asio::awaitable<void> refuse();  // 503: too many connections
    void stop();                     // closes now, or, when a request is being answered, after that
    // Closes, to make room for another.
    void give_way();
    // When it began to wait for a request, or for its answer to be taken; nullopt: one is being
    // handled, or it is closing.
    std::optional<std::chrono::steady_clock::time_point> waiting_since() const;
    // The same for the rest of a body that has begun to arrive.
    std::optional<std::chrono::steady_clock::time_point> body_since() const;

  private:
    asio::awaitable<bool> open();
    asio::awaitable<bool> serve_one();
    asio::awaitable<bool> refuse(int status, const char* why);
    asio::awaitable<Response> handle(Request&& request);
    asio::awaitable<beast::error_code> read(
        beast::http::request_parser<beast::http::string_body>& parser);
    asio::awaitable<beast::error_code> read_body(
        beast::http::request_parser<beast::http::string_body>& parser);
    void hold(std::size_t bytes);  // of its body
    asio::awaitable<bool> send(Response response, bool is_head, unsigned version, bool keep_alive);
    asio::awaitable<void> drain();

    ServerStream stream_;
    beast::flat_buffer buffer_;
    Shared& shared_;
    bool answering_ = false;
    bool first_ = true;  // request of this connection
    bool handling_ = false;
    bool gone_ = false;  // it gave way
    std::size_t held_ = 0;
    std::chrono::steady_clock::time_point body_since_;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace tidewheel::http
