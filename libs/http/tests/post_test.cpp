#include "tidewheel/http/post.hpp"

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

std::string failure(const std::string& url, const http::PostOptions& options) {
    try {
        http::post(url, "{}", {}, options);
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
    const auto answer =
        http::post(server.url() + "/hook?a=b#c", "body ", {{"webhook-id", "id"}}, here);
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
    const auto answer = http::post(server.url(), "", {}, here);
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
    CHECK(http::post(server.url(), "", {}, here).status == 302);
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
    CHECK(http::post(url(*good), "body ", {{"a", "header"}}, here).body == "body header");
    CHECK_THAT(failure(url(*other), here), ContainsSubstring("hostname mismatch"));
}
