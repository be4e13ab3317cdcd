// GET over TLS, through proxies and redirects.
#include <atomic>

#include "tidewheel/core/error.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/certificates.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace std::chrono_literals;
using namespace tidewheel;
using namespace tidewheel::http;
using Catch::Matchers::ContainsSubstring;
using testing::EnvironmentVariable;

namespace {

Response with_header(int status, const std::string& name, const std::string& value) {
    Response response;
    response.status = status;
    response.headers[name] = value;
    return response;
}

// Answers every request by its path.
ScriptedServer::Script answering(std::function<Response(const Request&)> by) {
    return [by = std::move(by)](Conversation& client) {
        while (const auto request = client.request())
            if (!client.answer(by(*request))) return;
    };
}

std::string failure_of(const std::string& url, const FetchOptions& options, Error::Kind kind) {
    try {
        return "answered with status " + std::to_string(get(url, {}, options).status);
    } catch (const Error& error) {
        CHECK(error.kind() == kind);
        return error.what();
    }
}

const auto hello = answering([](const Request&) { return Response{.body = "hello"}; });

}  // namespace

TEST_CASE("A certificate must be trusted, of this time, and of the host that the URL names") {
    testing::CertificateFolder certificates;
    certificates.sign("good", "DNS:localhost,IP:127.0.0.1");
    certificates.sign("elsewhere", "DNS:elsewhere.example");
    certificates.sign("expired", "DNS:localhost", -1);
    const auto certificate = [&](const std::string& name) {
        return ScriptedServer::Certificate{certificates.path(name + ".pem"),
                                           certificates.path(name + ".key")};
    };
    FetchOptions trusting;
    trusting.reach.ca_file = certificates.path("ca.pem");
    const auto url = [](const ScriptedServer& server, const std::string& host) {
        return "https://" + host + ":" + std::to_string(server.port()) + "/";
    };
    const ScriptedServer good(hello, certificate("good")), other(hello, certificate("elsewhere")),
        old(hello, certificate("expired"));
    CHECK(get(url(good, "localhost"), {}, trusting).body == "hello");
    CHECK(get(url(good, "127.0.0.1"), {}, trusting).body == "hello");
    CHECK_THAT(failure_of(url(good, "localhost"), {}, Error::Kind::refused),
               ContainsSubstring("is not accepted: ") && ContainsSubstring("certificate"));
    CHECK_THAT(
        failure_of(url(other, "localhost"), trusting, Error::Kind::refused),
        ContainsSubstring("the certificate of localhost is not accepted: hostname mismatch"));
    CHECK_THAT(failure_of(url(other, "127.0.0.1"), trusting, Error::Kind::refused),
               ContainsSubstring("IP address mismatch"));
    CHECK_THAT(failure_of(url(old, "localhost"), trusting, Error::Kind::refused),
               ContainsSubstring("certificate has expired"));
    trusting.reach.ca_file = certificates.path("nothing.pem");
    CHECK_THAT(failure_of(url(good, "localhost"), trusting, Error::Kind::setting),
               ContainsSubstring("can't read the certificates"));
}

TEST_CASE("Redirects are followed a few times, with secrets to the same host alone") {
    std::atomic<int> with_secret = 0, without = 0;
    const ScriptedServer other(answering([&](const Request& request) {
        ++(request.headers.contains("authorization") ? with_secret : without);
        return Response{.body = "there"};
    }));
    const ScriptedServer server(answering([&](const Request& request) {
        if (request.path == "/here") return with_header(302, "Location", "/end");
        if (request.path == "/there")
            return with_header(307, "Location", "http://" + other.address() + "/");
        if (request.path == "/loop") return with_header(301, "Location", "loop");
        if (request.path == "/wrong") return with_header(301, "Location", "ftp://x/");
        return Response{.body = request.headers.contains("authorization") ? "secret" : "none"};
    }));
    const std::string url = "http://" + server.address();
    FetchOptions options;
    options.redirects = 3;
    const Headers secret{{"Authorization", "Bearer x"}};
    CHECK(get(url + "/here", secret, options).body == "secret");
    CHECK(get(url + "/there", secret, options).body == "there");
    CHECK(with_secret == 0);
    CHECK(without == 1);
    CHECK(get(url + "/here", {}, {}).status == 302);
    CHECK_THAT(failure_of(url + "/loop", options, Error::Kind::refused),
               ContainsSubstring("redirects more than 3 times"));
    CHECK_THAT(failure_of(url + "/wrong", options, Error::Kind::refused),
               ContainsSubstring("redirects to 'ftp://x/'"));
}

TEST_CASE("A redirect from https to http is not followed") {
    testing::CertificateFolder certificates;
    certificates.sign("good", "DNS:localhost");
    const ScriptedServer server(
        answering([](const Request&) { return with_header(302, "Location", "http://localhost/"); }),
        ScriptedServer::Certificate{certificates.path("good.pem"), certificates.path("good.key")});
    FetchOptions options;
    options.redirects = 3;
    options.reach.ca_file = certificates.path("ca.pem");
    CHECK_THAT(failure_of("https://" + server.address() + "/", options, Error::Kind::refused),
               ContainsSubstring("from https to http"));
}

TEST_CASE("An answer that is too large, too slow, or broken off is a clear error") {
    const ScriptedServer large(
        answering([](const Request&) { return Response{.body = std::string(5000, 'x')}; }));
    FetchOptions options;
    options.body_bytes = 1000;
    CHECK_THAT(failure_of("http://" + large.address() + "/", options, Error::Kind::refused),
               ContainsSubstring("larger than 1000 bytes"));
    const ScriptedServer endless([](Conversation& client) {
        client.request();
        client.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (client.write("400\r\n" + std::string(1024, 'x') + "\r\n")) {
        }
    });
    CHECK_THAT(failure_of("http://" + endless.address() + "/", options, Error::Kind::refused),
               ContainsSubstring("larger than 1000 bytes"));
    const ScriptedServer slow([](Conversation& client) {
        client.request();
        client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        client.hold();
    });
    options.timeout = 100ms;
    CHECK_THAT(failure_of("http://" + slow.address() + "/", options, Error::Kind::unavailable),
               ContainsSubstring("no answer within 100 ms"));
    const ScriptedServer broken([](Conversation& client) {
        client.request();
        client.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    });
    options.timeout = 10s;
    CHECK_THAT(failure_of("http://" + broken.address() + "/", options, Error::Kind::unavailable),
               ContainsSubstring("partial message"));
}

TEST_CASE("A stop ends a request at once") {
    const ScriptedServer silent([](Conversation& client) { client.hold(); });
    std::stop_source stop;
    stop.request_stop();
    FetchOptions options;
    options.stop = stop.get_token();
    const auto begin = std::chrono::steady_clock::now();
    failure_of("http://" + silent.address() + "/", options, Error::Kind::unavailable);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("A proxy is asked with CONNECT, and the server behind it is verified all the same") {
    testing::CertificateFolder certificates;
    certificates.sign("good", "DNS:localhost");
    const ScriptedServer server(hello, ScriptedServer::Certificate{certificates.path("good.pem"),
                                                                   certificates.path("good.key")});
    std::atomic<bool> is_asked = false;
    const ScriptedServer proxy([&](Conversation& client) {
        const auto request = client.request();
        is_asked = request && request->method == "CONNECT" && request->path == server.address() &&
                   request->headers.at("Proxy-Authorization") == "Basic dTpw";
        client.tunnel(server.port());
    });
    const ScriptedServer refusing([](Conversation& client) {
        client.request() && client.answer({.status = 407, .body = {}});
    });
    FetchOptions options;
    options.reach = {certificates.path("ca.pem"), "http://u:p@" + proxy.address()};
    CHECK(get("https://" + server.address() + "/", {}, options).body == "hello");
    CHECK(is_asked);
    options.reach.proxy = "http://" + refusing.address();
    CHECK_THAT(failure_of("https://" + server.address() + "/", options, Error::Kind::unavailable),
               ContainsSubstring("answers 407 to CONNECT"));
    options.reach.proxy = "socks5://x";
    CHECK_THAT(failure_of("https://" + server.address() + "/", options, Error::Kind::setting),
               ContainsSubstring("the proxy is not given as a URL"));
}

TEST_CASE("The environment names the proxy, and the hosts that need none") {
    const EnvironmentVariable https("https_proxy", "http://p:1"), http("http_proxy", "http://q:2"),
        none("no_proxy", "localhost, .example.com,10.0.0.1");
    const auto proxy = [](const char* url) { return environment_proxy(*parse_url(url)); };
    CHECK(proxy("wss://ws.coincap.io/") == "http://p:1");
    CHECK(proxy("http://x/") == "http://q:2");
    for (const char* excepted : {"https://LOCALHOST/", "https://example.com/",
                                 "https://a.b.example.com/", "ws://10.0.0.1/"})
        CHECK(proxy(excepted).empty());
    CHECK(proxy("https://notexample.com/") == "http://p:1");
    const EnvironmentVariable all("no_proxy", "*");
    CHECK(proxy("https://x/").empty());
}
