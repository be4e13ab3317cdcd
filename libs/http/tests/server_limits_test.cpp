// Slow, hostile and too many clients; and the end of a server.
#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "sample_server.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;
using namespace tidewheel::http;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

// GET /slow: its handler waits until it is released. Must outlive the server.
struct SlowRoute {
    explicit SlowRoute(int calls) : entered(calls) {}
    void add_to(Server& server) {
        server.route("GET", "/slow", [this](const Request&) {
            entered.count_down();
            release.wait();
            return text("done\n");
        });
    }
    std::latch entered, release{1};
};

}  // namespace

TEST_CASE("A client that stops sending, or sends ever so slowly, is cut off by the deadline") {
    ServerLimits limits;
    limits.timeout = 200ms;
    const auto server = make_server(limits);
    server->start();
    const auto start = std::chrono::steady_clock::now();
    Connection silent(server->port()), stuck(server->port()), slow(server->port());
    stuck.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    slow.send("GET /hello HTTP/1.1\r\n");
    while (!slow.hears_within(5ms) && std::chrono::steady_clock::now() - start < 10s) {
        slow.send("x");  // each byte is in time; the request is not
    }
    CHECK(slow.read_all().empty());
    CHECK(slow.closed());
    silent.read_all();
    stuck.read_all();
    CHECK(silent.closed());
    CHECK(stuck.closed());
    CHECK(std::chrono::steady_clock::now() - start >= 200ms);
    CHECK(std::chrono::steady_clock::now() - start < 8s);
}

TEST_CASE("A client that breaks off in the middle of a request does no harm") {
    const auto server = make_server();
    server->start();
    for (int i = 0; i < 50; ++i)
        Connection(server->port()).send("POST /echo HTTP/1.1\r\nHost: x\r\nCon");
    for (int i = 0; i < 50; ++i)
        Connection(server->port()).send(get_hello);
    CHECK(fetch("GET", server->url() + "/hello").status == 200);
}

TEST_CASE("Slow handlers hold neither the acceptor nor the deadlines") {
    ServerLimits limits;
    limits.timeout = 200ms;
    SlowRoute route(1);
    Server server("127.0.0.1:0", limits, 1);
    route.add_to(server);
    server.start();
    Connection slow(server.port());
    slow.send("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    route.entered.wait();
    // The only handler thread is busy, yet this one is served: cut off.
    Connection silent(server.port());
    silent.read_all();
    CHECK(silent.closed());
    route.release.count_down();
    // Longer than the timeout: it is the handler's time.
    CHECK(slow.read_all().ends_with("done\n"));
}

TEST_CASE("Handlers run side by side") {
    Server server("127.0.0.1:0", {}, 4);
    std::latch all_there(4);
    server.route("GET", "/meet", [&](const Request&) {
        all_there.arrive_and_wait();  // ends only when four handlers run at once
        return text("met\n");
    });
    server.start();
    std::atomic<int> met = 0;
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 4; ++i) {
            clients.emplace_back(
                [&] { met += fetch("GET", server.url() + "/meet").status == 200; });
        }
    }
    CHECK(met == 4);
}

TEST_CASE("Many clients at once are all answered") {
    const auto server = make_server();
    server->start();
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 8; ++i) {
            clients.emplace_back([&, i] {
                for (int n = 0; n < 50; ++n) {
                    const std::string body = std::to_string(i * 1000 + n);
                    right += fetch("POST", server->url() + "/echo", body).body == body;
                }
            });
        }
    }
    CHECK(right == 400);
}

TEST_CASE("A connection over the cap takes the place of the one that waits the longest") {
    ServerLimits limits;
    limits.connections = 2;
    const auto server = make_server(limits);
    server->start();
    Connection first(server->port()), second(server->port());
    for (Connection* connection : {&first, &second}) {
        connection->send(get_hello);
        CHECK_THAT(connection->read_until("hello\n"), StartsWith("HTTP/1.1 200"));
    }
    CHECK_THAT(converse(*server, get_hello_and_close), StartsWith("HTTP/1.1 200"));
    first.read_all();
    CHECK(first.closed());
    second.send(get_hello_and_close);
    CHECK_THAT(second.read_all(), StartsWith("HTTP/1.1 200"));
}

TEST_CASE("A connection over the cap is told 503 while all others are being answered") {
    ServerLimits limits;
    limits.connections = 2;
    SlowRoute route(2);
    Server server("127.0.0.1:0", limits, 2);
    route.add_to(server);
    server.start();
    Connection first(server.port()), second(server.port());
    for (Connection* connection : {&first, &second})
        connection->send("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    route.entered.wait();
    CHECK_THAT(converse(server, get_hello), StartsWith("HTTP/1.1 503 "));
    route.release.count_down();
    CHECK(first.read_all().ends_with("done\n"));
    CHECK(second.read_all().ends_with("done\n"));
}

TEST_CASE("Connections that send a byte now and then do not block others") {
    const auto server = make_server();
    server->start();
    std::vector<std::unique_ptr<Connection>> slow;
    for (std::size_t i = 0; i < ServerLimits{}.connections; ++i) {
        slow.push_back(std::make_unique<Connection>(server->port()));
        slow.back()->send("GET /hello HTTP/1.1\r\nX: ");
    }
    for (int round = 0; round < 10; ++round) {
        for (const auto& each : slow)
            each->send("x");
        CHECK(fetch("GET", server->url() + "/hello").status == 200);
    }
}

TEST_CASE("Bodies that never end are cut off for the sake of one that arrives") {
    ServerLimits limits;
    limits.body_bytes = 100'000;
    limits.bodies_bytes = 300'000;
    const auto server = make_server(limits);
    server->start();
    const std::string head =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent-Length: 90000\r\n\r\n";
    std::vector<std::unique_ptr<Connection>> endless;
    for (int i = 0; i < 10; ++i) {
        endless.push_back(std::make_unique<Connection>(server->port()));
        endless.back()->send(head + std::string(89'999, 'x'));
    }
    const std::string body(90'000, 'y');
    CHECK(fetch("POST", server->url() + "/echo", body).body == body);
    endless.front()->read_all();
    CHECK(endless.front()->closed());
}

TEST_CASE("A body for which there is no memory is told 503 while others are being answered") {
    ServerLimits limits;
    limits.body_bytes = 100'000;
    limits.bodies_bytes = 100'000;
    Server server("127.0.0.1:0", limits, 1);
    std::latch entered(1), release(1);
    server.route("POST", "/slow", [&](const Request& request) {
        if (entered.try_wait()) return text("again");
        entered.count_down();
        release.wait();
        return text(std::to_string(request.body.size()));
    });
    server.start();
    const std::string body(90'000, 'y');
    std::string first;
    std::jthread client([&] { first = fetch("POST", server.url() + "/slow", body).body; });
    entered.wait();
    CHECK(converse(server, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n" + body)
              .starts_with("HTTP/1.1 503 "));
    release.count_down();
    client.join();
    CHECK(first == "90000");
    CHECK(fetch("POST", server.url() + "/slow", body).body == "again");
}

TEST_CASE("A header has less time than a body") {
    ServerLimits limits;
    limits.header_timeout = 100ms;
    const auto server = make_server(limits);
    server->start();
    Connection slow(server->port());
    slow.send("GET /hello HTTP/1.1\r\n");
    CHECK(slow.read_all().empty());
    CHECK(slow.closed());
    Connection rests(server->port());
    rests.send(get_hello);
    CHECK_THAT(rests.read_until("hello\n"), StartsWith("HTTP/1.1 200"));
    CHECK_FALSE(rests.hears_within(300ms));  // between two requests it may rest
    rests.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: a/b\r\n"
        "Content-Length: 2\r\n\r\no");
    CHECK_FALSE(rests.hears_within(300ms));
    rests.send("k");
    CHECK(rests.read_all().ends_with("\r\n\r\nok"));
}

TEST_CASE("A stop answers what is being handled, closes idle connections and frees the port") {
    SlowRoute route(1);
    auto server = std::make_unique<Server>("127.0.0.1:0");
    route.add_to(*server);
    server->start();
    const std::string address = "127.0.0.1:" + std::to_string(server->port());
    Connection idle(server->port()), busy(server->port());
    busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    route.entered.wait();
    std::jthread stopper([&] { server.reset(); });
    idle.read_all();
    CHECK(idle.closed());
    route.release.count_down();
    const std::string answer = busy.read_all();
    CHECK_THAT(answer, ContainsSubstring("Connection: close"));
    CHECK(answer.ends_with("done\n"));
    stopper.join();
    CHECK_NOTHROW(Server(address));
}

TEST_CASE("A client that does not take its answer holds a stop for a second, not for ever") {
    auto server = std::make_unique<Server>("127.0.0.1:0");
    std::latch entered(1);
    server->route("GET", "/large", [&](const Request&) {
        entered.count_down();
        return text(std::string(64u << 20, 'x'));
    });
    server->start();
    Connection deaf(server->port());
    deaf.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    entered.wait();
    const auto start = std::chrono::steady_clock::now();
    server.reset();
    CHECK(std::chrono::steady_clock::now() - start < 8s);
}

TEST_CASE("A server that never started goes away quietly") {
    CHECK_NOTHROW(make_server());
}

TEST_CASE("An address that is wrong or taken is a wrong setting") {
    const auto refusal = [](const std::string& address) -> std::string {
        try {
            const Server server(address);
        } catch (const tidewheel::Error& error) {
            CHECK(error.kind() == tidewheel::Error::Kind::setting);
            return error.what();
        }
        return "accepted";
    };
    const Server server("127.0.0.1:0");
    const std::string taken = "127.0.0.1:" + std::to_string(server.port());
    CHECK_THAT(refusal(taken), ContainsSubstring("cannot listen on " + taken));
    CHECK_THAT(refusal("nowhere"), ContainsSubstring("'nowhere' is not an address"));
    CHECK_THAT(refusal("192.0.2.1:0"), ContainsSubstring("cannot listen on 192.0.2.1:0"));
    CHECK(Server("0.0.0.0:0").url().starts_with("http://127.0.0.1:"));
}
