#include "tidewheel/http/websocket.hpp"

#include <atomic>

#include "tidewheel/core/error.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/certificates.hpp"

using namespace std::chrono_literals;
using namespace tidewheel;
using namespace tidewheel::http;
using Catch::Matchers::ContainsSubstring;

namespace {

ScriptedServer::Script accepting(std::function<void(Conversation&)> then) {
    return [then = std::move(then)](Conversation& client) {
        if (client.request() && client.accept_websocket()) then(client);
    };
}

std::string url_of(const ScriptedServer& server) {
    return "ws://" + server.address() + "/feed";
}

WebSocket::Message next(WebSocket& socket) {
    WebSocket::Message message;
    REQUIRE(socket.receive(message, 10s));
    return message;
}

std::string end_of(WebSocket& socket, Error::Kind kind = Error::Kind::unavailable) {
    WebSocket::Message message;
    try {
        while (socket.receive(message, 10s)) {
        }
        return "it goes on";
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
}

std::string refusal_of(const std::string& url, const WebSocketOptions& options = {}) {
    try {
        WebSocket socket(url, {}, options);
        return "connected";
    } catch (const Error& error) {
        return error.what();
    }
}

}  // namespace

TEST_CASE("Messages arrive whole, in order and unchanged: text, binary and in fragments") {
    const std::string binary("\0\xff\x01", 3), large(100'000, 'x');
    std::atomic<bool> asked = false;
    const ScriptedServer server(accepting([&](Conversation& client) {
        asked = client.receive() == "subscribe";
        client.send("one");
        client.send(binary, true);
        client.send(large, false, 999);
        client.send("");
        client.hold();
    }));
    WebSocket socket(url_of(server), {{"Authorization", "Bearer x"}}, {});
    socket.send("subscribe");
    CHECK(next(socket).bytes == "one");
    const auto second = next(socket);
    CHECK(second.bytes == binary);
    CHECK(second.is_binary);
    CHECK(next(socket).bytes == large);
    CHECK(next(socket).bytes.empty());
    CHECK(asked);
    WebSocket::Message message;
    CHECK_FALSE(socket.receive(message, 10ms));
}

TEST_CASE("A server that goes silent without closing is noticed, one that answers pings is kept") {
    const ScriptedServer silent(accepting([](Conversation& client) { client.hold(); }));
    WebSocket socket(url_of(silent), {}, {.idle = 200ms});
    CHECK_THAT(end_of(socket), ContainsSubstring("nothing was heard from the server for 200 ms"));
    const ScriptedServer quiet(accepting([](Conversation& client) { client.receive(); }));
    WebSocket kept(url_of(quiet), {}, {.idle = 200ms});
    const auto connected = kept.heard_at();
    WebSocket::Message message;
    CHECK_FALSE(kept.receive(message, 1s));
    CHECK(kept.heard_at() > connected);
}

TEST_CASE("The end of a connection says how it came") {
    const ScriptedServer closing(accepting([](Conversation& client) { client.close(1001); }));
    WebSocket closed(url_of(closing), {}, {});
    CHECK_THAT(end_of(closed), ContainsSubstring("the server closed the connection (code 1001"));
    const ScriptedServer resetting(accepting([](Conversation& client) { client.reset(); }));
    WebSocket reset(url_of(resetting), {}, {});
    CHECK_THAT(end_of(reset), ContainsSubstring("the connection is lost"));
    const ScriptedServer talking(accepting([](Conversation& client) {
        client.send(std::string(2000, 'x'));
        client.hold();
    }));
    WebSocket large(url_of(talking), {}, {.message_bytes = 1000});
    CHECK_THAT(end_of(large, Error::Kind::refused), ContainsSubstring("larger than 1000 bytes"));
}

TEST_CASE("A close is said to the server") {
    std::atomic<bool> ended = false;
    {
        const ScriptedServer server(
            accepting([&](Conversation& client) { ended = !client.receive(); }));
        WebSocket socket(url_of(server), {}, {});
        socket.close();
    }
    CHECK(ended);
}

TEST_CASE("What can't be connected is a clear error") {
    const ScriptedServer plain([](Conversation& client) {
        client.request() && client.answer({.status = 401, .body = {}});
    });
    CHECK_THAT(refusal_of(url_of(plain)), ContainsSubstring("answers with status 401"));
    const ScriptedServer silent([](Conversation& client) { client.hold(); });
    CHECK_THAT(refusal_of(url_of(silent), {.connect_timeout = 100ms}),
               ContainsSubstring("no connection within 100 ms"));
    CHECK_THAT(refusal_of("https://x/"), ContainsSubstring("is not the URL of a websocket"));
    testing::CertificateFolder certificates;
    certificates.sign("good", "DNS:localhost");
    certificates.sign("elsewhere", "DNS:elsewhere.example");
    const auto with = [&](const std::string& name) {
        return ScriptedServer::Certificate{certificates.path(name + ".pem"),
                                           certificates.path(name + ".key")};
    };
    const auto greeting = accepting([](Conversation& client) {
        client.send("hello");
        client.hold();
    });
    const ScriptedServer good(greeting, with("good")), other(greeting, with("elsewhere"));
    WebSocketOptions trusting;
    trusting.reach.ca_file = certificates.path("ca.pem");
    WebSocket secure("wss://" + good.address() + "/", {}, trusting);
    CHECK(next(secure).bytes == "hello");
    CHECK_THAT(refusal_of("wss://" + other.address() + "/", trusting),
               ContainsSubstring("hostname mismatch"));
}
