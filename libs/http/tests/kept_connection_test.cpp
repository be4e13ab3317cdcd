#include "tidewheel/http/kept_connection.hpp"

#include "sample_server.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::http;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const Headers as_text{{"Content-Type", "text/plain"}};

}  // namespace

TEST_CASE("One connection carries many requests") {
    ScriptedServer server([](Conversation& client) {
        while (const auto request = client.request())
            client.answer({.status = 202, .body = request->path + request->body});
    });
    KeptConnection connection("http://" + server.address(), 10s);
    for (const std::string body : {"a", "b", "c"}) {
        const Response answer = connection.post("/echo", body, as_text);
        CHECK(answer.status == 202);
        CHECK(answer.body == "/echo" + body);
    }
    CHECK(server.connections() == 1);
}

TEST_CASE("After a connection that broke, the next request makes another one") {
    ScriptedServer server([](Conversation& client) {
        if (client.request()) client.answer({.body = "once"});
        if (client.request()) client.reset();
    });
    KeptConnection connection("http://" + server.address(), 10s);
    for (int round = 0; round < 2; ++round) {
        CHECK(connection.post("/", "x", as_text).body == "once");
        CHECK_THROWS_AS(connection.post("/", "x", as_text), Error);
    }
    CHECK(server.connections() == 2);
}

TEST_CASE("A server that keeps silent is given up after the time, and named") {
    ScriptedServer server([](Conversation& client) { client.hold(); });
    KeptConnection connection("http://" + server.address(), 200ms);
    try {
        connection.post("/slow", "x", as_text);
        FAIL("answered");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::unavailable);
        CHECK_THAT(error.what(), ContainsSubstring(server.address() + "/slow: no answer within"));
    }
    CHECK_THROWS_AS(KeptConnection("http://h:1/path", 1s), Error);
    CHECK_THROWS_AS(KeptConnection("https://h:1", 1s), Error);
}
