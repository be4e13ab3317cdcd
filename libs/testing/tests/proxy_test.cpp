#include "tidewheel/testing/proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <thread>

#include "descriptor.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel::testing;
using namespace std::chrono_literals;

namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// One end of a connection.
class Peer {
  public:
    explicit Peer(int socket) : socket_(socket) { REQUIRE(socket >= 0); }
    static Peer to(int port) {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(port);
        REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
                0);
        return Peer(socket);
    }

    void say(const std::string& words) const {
        REQUIRE(::send(socket_.number(), words.data(), words.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(words.size()));
    }
    // So many bytes, in however many pieces.
    std::string hear(std::size_t size) {
        std::string heard;
        pieces_ = 0;
        while (heard.size() < size) {
            const std::string piece = once();
            if (piece.empty()) break;
            heard += piece;
            ++pieces_;
        }
        return heard;
    }
    std::size_t pieces() const { return pieces_; }
    bool silent(std::chrono::milliseconds time = 50ms) const {
        pollfd wait{socket_.number(), POLLIN, 0};
        return ::poll(&wait, 1, static_cast<int>(time.count())) == 0;
    }
    bool is_reset() const {
        char byte = 0;
        return ready() && ::recv(socket_.number(), &byte, 1, 0) < 0 && errno == ECONNRESET;
    }
    bool is_at_end() const {
        char byte = 0;
        return ready() && ::recv(socket_.number(), &byte, 1, 0) == 0;
    }
    void end() const { ::shutdown(socket_.number(), SHUT_WR); }

  private:
    bool ready() const { return !silent(5s); }
    std::string once() const {
        std::array<char, 65536> buffer;
        if (!ready()) return {};
        const auto size = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }

    Descriptor socket_;
    std::size_t pieces_ = 0;
};

class Listener {
  public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_.number(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_.number(), 8) == 0);
        ::getsockname(socket_.number(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    Peer accept() const { return Peer(::accept(socket_.number(), nullptr, nullptr)); }

  private:
    Descriptor socket_;
    int port_ = 0;
};

// A client and a server with a proxy between them.
struct Connected {
    Listener listener;
    Proxy proxy{listener.address()};
    Peer client = Peer::to(proxy.port());
    Peer server = listener.accept();
};

}  // namespace

TEST_CASE("a proxy that wasn't told anything passes all bytes and the end, both ways") {
    Connected pair;
    std::string much(1'000'000, 'x');
    much.front() = 'a';
    much.back() = 'z';
    pair.client.say("request");
    CHECK(pair.server.hear(7) == "request");
    std::thread sender([&] { pair.server.say(much); });
    CHECK(pair.client.hear(much.size()) == much);
    sender.join();
    pair.client.end();
    CHECK(pair.server.is_at_end());
    pair.server.say("still here");
    CHECK(pair.client.hear(10) == "still here");
    pair.server.end();
    CHECK(pair.client.is_at_end());
    eventually("the connection is forgotten", [&] { return pair.proxy.connections() == 0; });
}

TEST_CASE("a delay holds every piece up for so long, in order") {
    Connected pair;
    pair.proxy.delay(30ms, 20ms);
    const auto began = std::chrono::steady_clock::now();
    for (const char* piece : {"1", "2", "3", "4", "5"})
        pair.client.say(piece);
    CHECK(pair.server.hear(5) == "12345");
    CHECK(std::chrono::steady_clock::now() - began >= 30ms);
}

TEST_CASE("one-byte pieces arrive as such, and whole") {
    Connected pair;
    pair.proxy.one_byte_pieces();
    const std::string message(20000, 'x');
    pair.client.say(message);
    CHECK(pair.server.hear(message.size()) == message);
    CHECK(pair.server.pieces() > 1);
}

TEST_CASE("a way that is held passes nothing, the other everything, and healing loses nothing") {
    Connected pair;
    pair.proxy.hold(Way::to_client);
    pair.client.say("question");
    CHECK(pair.server.hear(8) == "question");
    pair.server.say("answer");
    CHECK(pair.client.silent());
    pair.proxy.hold();
    pair.client.say("hello?");
    CHECK(pair.server.silent());
    pair.proxy.heal();
    CHECK(pair.client.hear(6) == "answer");
    CHECK(pair.server.hear(6) == "hello?");
}

TEST_CASE("a held connection that is cut is over for both") {
    Connected pair;
    pair.proxy.hold();
    pair.proxy.cut();
    CHECK(pair.client.is_reset());
    CHECK(pair.server.is_reset());
}

TEST_CASE("a connection is cut after so many bytes, which arrive") {
    Connected pair;
    SECTION("of the client") {
        pair.proxy.cut_after(Way::to_server, 5);
        pair.client.say("1234567");
        CHECK(pair.server.hear(7) == "12345");
        CHECK(pair.client.is_reset());
    }
    SECTION("of the server, in any pieces") {
        pair.proxy.cut_after(Way::to_client, 5);
        pair.proxy.one_byte_pieces();
        pair.server.say("1234567");
        CHECK(pair.client.hear(7) == "12345");
    }
    SECTION("of a connection made later, until it is healed") {
        pair.proxy.cut_after(Way::to_server, 2);
        Peer later = Peer::to(pair.proxy.port());
        Peer behind = pair.listener.accept();
        later.say("123");
        CHECK(behind.hear(3) == "12");
        pair.proxy.heal();
        pair.client.say("123");
        CHECK(pair.server.hear(3) == "123");
    }
}

TEST_CASE("refused connections end at once, and those that are there go on") {
    Connected pair;
    pair.proxy.refuse();
    CHECK(Peer::to(pair.proxy.port()).is_reset());
    pair.client.say("on");
    CHECK(pair.server.hear(2) == "on");
    pair.proxy.heal();
    Peer again = Peer::to(pair.proxy.port());
    Peer behind = pair.listener.accept();
    again.say("back");
    CHECK(behind.hear(4) == "back");
}

TEST_CASE("an answer is swallowed: the server heard the words, the client hears nothing") {
    Connected pair;
    pair.proxy.swallow_answer_to("COMMIT");
    pair.client.say("BEGIN");
    CHECK(pair.server.hear(5) == "BEGIN");
    pair.server.say("OK");
    CHECK(pair.client.hear(2) == "OK");
    pair.client.say("COM");  // the words may come in pieces
    CHECK(pair.server.hear(3) == "COM");
    pair.client.say("MIT;");
    CHECK(pair.server.hear(4) == "MIT;");
    CHECK(pair.proxy.swallowed() == 0);
    pair.server.say("OK");
    CHECK(pair.client.is_reset());
    CHECK(pair.proxy.swallowed() == 1);
}

TEST_CASE(
    "a proxy without a target, or before a server that is gone, resets, and passes once it is "
    "aimed") {
    Proxy proxy;
    CHECK(Peer::to(proxy.port()).is_reset());
    {
        Listener gone;
        proxy.aim(gone.address());
    }
    CHECK(Peer::to(proxy.port()).is_reset());
    Listener here;
    proxy.aim(here.address());
    Peer client = Peer::to(proxy.port()), server = here.accept();
    client.say("hi");
    CHECK(server.hear(2) == "hi");
}
