#include "tidewheel/http/kept_connection.hpp"

#include <atomic>

#include "tidewheel/core/error.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/certificates.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const http::PostOptions here{.private_addresses = true};

http::Response post(const std::string& url, const std::string& body, const http::Headers& headers) {
    return http::KeptConnection(url).post(body, headers, here);
}

std::string failure(const std::string& url, const http::PostOptions& options) {
    try {
        http::KeptConnection(url).post("{}", {}, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE(
    "A request carries its body and headers, and the answer's status, headers and body count") {
    http::Server server("127.0.0.1:0");
    server.route("POST", "/hook", [](const http::Request& request) {
        return http::Response{
            .status = 429,
            .body = request.body + request.headers.at("webhook-id") + request.query.at("a"),
            .headers = {{"Retry-After", "7"}}};
    });
    server.start();
    const auto answer = post(server.url() + "/hook?a=b#c", "body ", {{"webhook-id", "id"}});
    CHECK(answer.status == 429);
    CHECK(answer.body == "body idb");
    CHECK(answer.headers.at("retry-after") == "7");
}

TEST_CASE("Of an answer of ten megabytes, no more than the limit is read") {
    http::Server server("127.0.0.1:0");
    server.route("POST", "/", [](const http::Request&) {
        return http::Response{.body = std::string(10'000'000, 'x')};
    });
    server.start();
    const auto answer = post(server.url(), "", {});
    CHECK(answer.status == 200);
    CHECK(answer.body == std::string(64 * 1024, 'x'));
}

TEST_CASE("No redirect is followed, and no private address is called unless that is allowed") {
    http::Server server("127.0.0.1:0");
    int called = 0;
    server.route("POST", "/", [&](const http::Request&) {
        ++called;
        return http::Response{.status = 302, .body = "", .headers = {{"Location", "/"}}};
    });
    server.start();
    CHECK(post(server.url(), "", {}).status == 302);
    CHECK(called == 1);
    CHECK(failure(server.url(), {}) == "127.0.0.1 is a private address");
    CHECK_THAT(failure("http://localhost:1", {}), ContainsSubstring("is a private address"));
    CHECK(called == 1);
}

TEST_CASE("What doesn't answer in time, or when a stop is asked for, is given up") {
    http::Server server("127.0.0.1:0");
    std::vector<http::Respond> kept;
    server.otherwise([&](http::Request&&, http::Respond respond) { kept.push_back(respond); });
    server.start();
    http::PostOptions options = here;
    options.timeout = 200ms;
    CHECK(failure(server.url(), options) == "no answer within 200 ms");
    std::stop_source stop;
    stop.request_stop();
    options.timeout = 1h;
    options.stop = stop.get_token();
    CHECK(failure(server.url(), options) == "given up for a stop");
}

TEST_CASE("What is no URL of http or https is a mistake") {
    for (const char* url : {"wss://x/", "x", "http://", "http://user@127.0.0.1/", "http://a b/"}) {
        INFO(url);
        CHECK_THAT(failure(url, here), ContainsSubstring("is not a URL that can be called"));
    }
}

TEST_CASE("By https, the certificate must be trusted and of the host that the URL names") {
    testing::CertificateFolder certificates;
    certificates.sign("good", "DNS:localhost");
    certificates.sign("elsewhere", "DNS:elsewhere.example");
    const auto server = [&](const std::string& name) {
        return std::make_unique<http::ScriptedServer>(
            [](http::Conversation& client) {
                while (const auto request = client.request())
                    if (!client.answer({.body = request->body + request->headers.at("a")})) return;
            },
            http::ScriptedServer::Certificate{certificates.path(name + ".pem"),
                                              certificates.path(name + ".key")});
    };
    const auto good = server("good"), other = server("elsewhere");
    const auto url = [](const http::ScriptedServer& of) {
        return "https://localhost:" + std::to_string(of.port()) + "/";
    };
    CHECK_THAT(failure(url(*good), here), ContainsSubstring("is not accepted"));
    const testing::EnvironmentVariable trusted("SSL_CERT_FILE", certificates.path("ca.pem"));
    CHECK(post(url(*good), "body ", {{"a", "header"}}).body == "body header");
    CHECK_THAT(failure(url(*other), here), ContainsSubstring("hostname mismatch"));
}

TEST_CASE("One connection carries many requests") {
    http::ScriptedServer server([](http::Conversation& client) {
        while (const auto request = client.request())
            client.answer({.status = 202, .body = request->path + request->body});
    });
    http::KeptConnection connection("http://" + server.address() + "/echo");
    for (const std::string body : {"a", "b", "c"}) {
        const http::Response answer = connection.post(body, {}, here);
        CHECK(answer.status == 202);
        CHECK(answer.body == "/echo" + body);
    }
    CHECK(server.connections() == 1);
    connection.close_idle(1h);
    connection.post("d", {}, here);
    CHECK(server.connections() == 1);
    connection.close_idle(0s);
    connection.post("e", {}, here);
    CHECK(server.connections() == 2);
}

TEST_CASE("By https, too, one connection carries many requests, and a closed one is replaced") {
    testing::CertificateFolder certificates;
    certificates.sign("good", "DNS:localhost");
    const testing::EnvironmentVariable trusted("SSL_CERT_FILE", certificates.path("ca.pem"));
    http::ScriptedServer server(
        [](http::Conversation& client) {
            for (int i = 0; i < 3; ++i)
                if (client.request()) client.answer({.body = "yes"});
        },
        http::ScriptedServer::Certificate{certificates.path("good.pem"),
                                          certificates.path("good.key")});
    http::KeptConnection connection("https://" + server.address());
    for (int i = 0; i < 7; ++i)
        CHECK(connection.post("x", {}, here).body == "yes");
    CHECK(server.connections() == 3);
}

TEST_CASE("If the server closes the kept connection without an answer, the request is sent again") {
    std::atomic<int> requests = 0;
    http::ScriptedServer server([&](http::Conversation& client) {
        if (client.request()) client.answer({.body = std::to_string(++requests)});
        if (client.request()) {
            ++requests;
            client.reset();
        }
    });
    http::KeptConnection connection("http://" + server.address());
    for (const char* body : {"1", "3", "5"})
        CHECK(connection.post("x", {}, here).body == body);
    CHECK(server.connections() == 3);
}

TEST_CASE("A new connection that breaks, and an answer that breaks off, are failures") {
    std::atomic<int> requests = 0;
    http::ScriptedServer fresh([&](http::Conversation& client) {
        if (client.request()) ++requests;
        client.reset();
    });
    CHECK(failure("http://" + fresh.address(), here) != "none");
    CHECK(requests == 1);
    http::ScriptedServer server([&](http::Conversation& client) {
        if (client.request()) client.answer({.body = "once"});
        if (!client.request()) return;
        ++requests;
        client.write("HTTP/1.1 2");
        client.reset();
    });
    http::KeptConnection connection("http://" + server.address());
    CHECK(connection.post("x", {}, here).body == "once");
    CHECK_THROWS_AS(connection.post("x", {}, here), Error);
    CHECK(requests == 2);
    CHECK(connection.post("x", {}, here).body == "once");
    CHECK(server.connections() == 2);
}

TEST_CASE("A server that closes after each answer gets one connection a request") {
    http::ScriptedServer server([](http::Conversation& client) {
        if (client.request())
            client.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    });
    http::KeptConnection connection("http://" + server.address());
    for (int i = 0; i < 3; ++i)
        CHECK(connection.post("x", {}, here).body == "ok");
    CHECK(server.connections() == 3);
}

TEST_CASE("Bytes behind an answer are no answer to the next request") {
    http::ScriptedServer server([](http::Conversation& client) {
        if (client.request())
            client.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n");
        client.hold();
    });
    http::KeptConnection connection("http://" + server.address());
    for (int i = 0; i < 2; ++i)
        CHECK(connection.post("x", {}, here).status == 200);
    CHECK(server.connections() == 2);
}

TEST_CASE("After a request that was given up, the next one makes another connection") {
    std::atomic<bool> silent = true;
    http::ScriptedServer server([&](http::Conversation& client) {
        if (silent) client.hold();
        if (client.request()) client.answer({.body = "now"});
    });
    http::KeptConnection connection("http://" + server.address());
    http::PostOptions options = here;
    options.timeout = 200ms;
    CHECK_THROWS_AS(connection.post("x", {}, options), Error);
    silent = false;
    CHECK(connection.post("x", {}, here).body == "now");
}
