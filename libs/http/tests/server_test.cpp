#include "tidewheel/http/server.hpp"

#include <mutex>

#include "sample_server.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::http;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("A route answers with its status, type, headers and body") {
    const auto server = make_server();
    server->start();
    const Response hello = fetch("GET", server->url() + "/hello");
    CHECK(hello.status == 200);
    CHECK(hello.body == "hello\n");
    CHECK(hello.content_type == "text/plain; charset=utf-8");
    const Response echo = fetch("POST", server->url() + "/echo?q=a+b%21", "{\"a\":1}");
    CHECK(echo.status == 201);
    CHECK(echo.body == "{\"a\":1}");
    CHECK(echo.content_type == "application/json");
    CHECK(echo.headers.at("X-Query") == "a b!");
}

TEST_CASE("An unknown path is 404, another method is 405 with the methods that there are") {
    const auto server = make_server();
    server->start();
    CHECK(fetch("GET", server->url() + "/nowhere").status == 404);
    const Response post = fetch("POST", server->url() + "/hello", "x");
    CHECK(post.status == 405);
    CHECK(post.headers.at("Allow") == "GET, HEAD");
    CHECK(fetch("DELETE", server->url() + "/echo").headers.at("Allow") == "POST");
    CHECK(fetch("BREW", server->url() + "/hello").status == 405);
}

TEST_CASE("A route of any method leaves those that have their own to them") {
    Server server("127.0.0.1:0");
    const auto says = [](std::string text) {
        return [text](const Request& request) {
            return Response{.status = 200, .body = text + " " + request.method};
        };
    };
    server.route("*", "/any", says("any"));
    server.route("PUT", "/any", says("own"));
    server.start();
    CHECK(fetch("GET", server.url() + "/any").body == "any GET");
    CHECK(fetch("BREW", server.url() + "/any").body == "any BREW");
    CHECK(fetch("PUT", server.url() + "/any").body == "own PUT");
}

TEST_CASE("HEAD is answered as GET is, without the body") {
    const auto server = make_server();
    server->start();
    const std::string answer =
        converse(*server, "HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    CHECK_THAT(answer, ContainsSubstring("Content-Length: 6\r\n"));
    CHECK(answer.ends_with("\r\n\r\n"));
    CHECK(fetch("HEAD", server->url() + "/hello").status == 200);
    CHECK(fetch("HEAD", server->url() + "/echo").status == 405);
}

TEST_CASE("An exception is a 500 that gives nothing away, and is reported") {
    const auto server = make_server();
    std::mutex mutex;
    std::string reported;
    server->on_error([&](const std::string& message) {
        const std::lock_guard lock(mutex);
        reported = message;
    });
    server->start();
    const Response response = fetch("GET", server->url() + "/throw");
    CHECK(response.status == 500);
    CHECK(response.body == "internal error\n");
    const std::lock_guard lock(mutex);
    CHECK(reported == "GET /throw: secret detail");
}

TEST_CASE(
    "A connection serves one request after another, pipelined ones too, until told to close") {
    const auto server = make_server();
    server->start();
    Connection connection(server->port());
    for (int i = 0; i < 3; ++i) {
        connection.send(get_hello);
        CHECK_THAT(connection.read_until("hello\n"), StartsWith("HTTP/1.1 200 OK"));
    }
    connection.send(std::string(get_hello) + get_hello_and_close);
    const std::string both = connection.read_all();
    CHECK(both.find("HTTP/1.1 200 OK") != both.rfind("HTTP/1.1 200 OK"));
    CHECK(connection.closed());
}

TEST_CASE("HTTP/1.0 is answered and closed") {
    const auto server = make_server();
    server->start();
    CHECK_THAT(converse(*server, "GET /hello HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.0 200 OK"));
}

TEST_CASE("A header over the limit is 431, a body over it 413, with a length or in chunks") {
    ServerLimits limits;
    limits.header_bytes = 1024;
    limits.body_bytes = 1000;
    const auto server = make_server(limits);
    server->start();
    CHECK_THAT(converse(*server, "GET /hello HTTP/1.1\r\nHost: x\r\nX: " + std::string(2000, 'x') +
                                     "\r\n\r\n"),
               StartsWith("HTTP/1.1 431 "));
    CHECK_THAT(converse(*server, "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n"),
               StartsWith("HTTP/1.1 431 "));
    CHECK(fetch("POST", server->url() + "/echo", std::string(1000, 'x')).status == 201);
    CHECK(fetch("POST", server->url() + "/echo", std::string(1001, 'x')).status == 413);
    CHECK(fetch("POST", server->url() + "/echo", std::string(5'000'000, 'x')).status == 413);
    const std::string chunk = "3e8\r\n" + std::string(1000, 'x') + "\r\n";
    CHECK_THAT(
        converse(*server, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                              chunk + chunk + "0\r\n\r\n"),
        StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("A body in chunks is put together") {
    const auto server = make_server();
    server->start();
    const std::string answer =
        converse(*server,
                 "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: a/b\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n");
    CHECK_THAT(answer, StartsWith("HTTP/1.1 201 "));
    CHECK(answer.ends_with("\r\n\r\nabcde"));
}

TEST_CASE("A client that asks before it sends its body is told to continue") {
    const auto server = make_server();
    server->start();
    Connection connection(server->port());
    connection.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: a/b\r\n"
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    CHECK(connection.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("ok");
    CHECK(connection.read_all().ends_with("\r\n\r\nok"));
}

TEST_CASE("Requests that two parsers could read differently are 400 and end the connection") {
    const auto server = make_server();
    server->start();
    const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\n";
    const std::string get = "GET /hello HTTP/1.1\r\n";
    for (const std::string& request : {
             post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             post + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
             post + "Transfer-Encoding: gzip\r\n\r\nabc",
             post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
             post + "Content-Length: -1\r\n\r\n",
             post + "Content-Length: 0x1\r\n\r\na",
             post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
             get + "\r\n",
             get + "Host: x\r\nHost: y\r\n\r\n",
             get + "Host : x\r\n\r\n",
             std::string("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("GET /hello?a=%0 HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("GET hello HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("nonsense\r\n\r\n"),
             std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),
         }) {
        INFO(request);
        CHECK_THAT(converse(*server, request), StartsWith("HTTP/1.1 400 "));
    }
    CHECK(fetch("GET", server->url() + "/hello").status == 200);
}
