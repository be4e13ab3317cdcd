#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// A TCP connection to this machine that sends what it is told, right or wrong. Waits for at most
// ten seconds.
class Connection {
  public:
    explicit Connection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Connection() { close(socket_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool connected() const { return connected_; }

    // False when the server has closed.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    // Whether the server says or closes something within the time.
    bool hears_within(std::chrono::milliseconds time) const {
        pollfd wait{socket_, POLLIN, 0};
        return poll(&wait, 1, static_cast<int>(time.count())) == 1;
    }

    // Reads on until all that was read ends with `end`, or the server closes.
    std::string read_until(std::string_view end) {
        std::string text;
        while (!text.ends_with(end) && read_some(text)) {
        }
        return text;
    }

    std::string read_all() {
        std::string text;
        while (read_some(text)) {
        }
        return text;
    }

    bool closed() const { return closed_; }  // by the server, as far as we have read

  private:
    bool read_some(std::string& text) {
        pollfd wait{socket_, POLLIN, 0};
        if (poll(&wait, 1, 10'000) != 1) return false;
        char bytes[4096];
        const auto size = recv(socket_, bytes, sizeof bytes, 0);
        if (size > 0) text.append(bytes, static_cast<std::size_t>(size));
        closed_ = size <= 0;
        return !closed_;
    }

    int socket_;
    bool connected_ = false;
    bool closed_ = false;
};
