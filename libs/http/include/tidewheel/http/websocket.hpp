#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "tidewheel/http/client.hpp"

namespace tidewheel::http {

struct WebSocketOptions {
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
    // Nothing heard for half of it: a ping. Nothing for all of it: the connection is lost.
    std::chrono::milliseconds idle = std::chrono::seconds(30);
    std::size_t message_bytes = 1u << 20;  // a longer one ends the connection (close code 1009)
    Reach reach = {};
    std::stop_token stop = {};  // gives up connecting
};

// The client's end of a websocket (RFC 6455). One thread, whose calls block. What arrives is read
// from the socket only within receive(): a caller who stays away holds the server back by TCP, and
// answers none of its pings.
class WebSocket {
  public:
    struct Message {
        std::string bytes;  // of all its fragments
        bool is_binary = false;
    };

    // Connects. Throws Error as fetch() does, and unavailable where the server answers, but not with
    // a websocket.
    WebSocket(const std::string& url, const Headers& headers, const WebSocketOptions& options);
    ~WebSocket();  // drops the connection
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    void send(const std::string& text);
    // The next message. False: none has come within `wait`. Throws Error once the connection is
    // gone: unavailable, or refused when the message is too long.
    bool receive(Message& message, std::chrono::milliseconds wait);
    // When the server was last heard: a message, a ping or a pong.
    std::chrono::system_clock::time_point heard_at() const;
    void close();  // says so to the server, and waits for its answer for at most a second

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::http
