// Handlers that answer after they have returned.
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "sample_server.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;
using namespace tidewheel::http;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

// Keeps what is asked until so many requests are there. Outlives the server.
struct Asked {
    explicit Asked(int calls) : there(calls) {}
    AsyncHandler handler() {
        return [this](Request&& request, Respond respond) {
            {
                const std::lock_guard lock(mutex);
                requests.emplace_back(std::move(request), std::move(respond));
            }
            there.count_down();
        };
    }
    void answer_all() {
        const std::lock_guard lock(mutex);
        for (auto& [request, respond] : requests)
            respond(text(request.path + "\n"));
    }
    std::latch there;
    std::mutex mutex;
    std::vector<std::pair<Request, Respond>> requests;
};

}  // namespace

TEST_CASE("Answers that come later hold no thread, and each reaches its own connection") {
    constexpr int many = 20;
    Asked asked(many);
    Server server("127.0.0.1:0", {}, 1);
    server.otherwise(asked.handler());
    server.start();
    std::vector<std::unique_ptr<Connection>> clients;
    for (int i = 0; i < many; ++i) {
        clients.push_back(std::make_unique<Connection>(server.port()));
        clients.back()->send("POST /" + std::to_string(i) +
                             " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    asked.there.wait();  // all of them, though there is one thread and none has its answer
    asked.answer_all();
    for (int i = 0; i < many; ++i)
        CHECK(clients[static_cast<std::size_t>(i)]->read_all().ends_with("\r\n\r\n/" +
                                                                         std::to_string(i) + "\n"));
}

TEST_CASE("A path that has a route is not the other handler's") {
    Asked asked(1);
    Server server("127.0.0.1:0");
    server.route("GET", "/hello", [](const Request&) { return text("hello\n"); });
    server.otherwise(asked.handler());
    server.start();
    CHECK(fetch("GET", server.url() + "/hello").body == "hello\n");
    CHECK(fetch("POST", server.url() + "/hello").status == 405);
    CHECK(asked.requests.empty());
}

TEST_CASE("A request that is dropped without an answer is a 500") {
    Server server("127.0.0.1:0");
    server.otherwise([](Request&&, const Respond&) {});
    server.start();
    CHECK(fetch("GET", server.url() + "/x").status == 500);
}

TEST_CASE("A stop waits for answers that are still to come, but not for ever") {
    Asked asked(2);
    ServerLimits limits;
    limits.grace = 20s;
    auto server = std::make_unique<Server>("127.0.0.1:0", limits);
    server->otherwise(asked.handler());
    server->start();
    Connection one(server->port()), other(server->port()), idle(server->port());
    one.send("GET /one HTTP/1.1\r\nHost: x\r\n\r\n");
    other.send("GET /other HTTP/1.1\r\nHost: x\r\n\r\n");
    asked.there.wait();
    std::jthread stopper([&] { server.reset(); });
    idle.read_all();  // it is stopping
    asked.answer_all();
    CHECK(one.read_all().ends_with("/one\n"));
    CHECK(other.read_all().ends_with("/other\n"));
    stopper.join();

    Asked never(1);
    limits.grace = 50ms;
    server = std::make_unique<Server>("127.0.0.1:0", limits);
    server->otherwise(never.handler());
    server->start();
    Connection waits(server->port());
    waits.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
    never.there.wait();
    server.reset();
    CHECK(waits.read_all().empty());
    never.answer_all();  // nobody is there
}

TEST_CASE("What the server refuses itself is told in the words of the program") {
    ServerLimits limits;
    limits.body_bytes = 10;
    const auto server = make_server(limits);
    server->describe_refusals([](int status, const std::string& why) {
        return Response{status, "application/json", "{\"why\":\"" + why + "\"}"};
    });
    server->start();
    CHECK(fetch("GET", server->url() + "/absent").body == "{\"why\":\"not found\"}");
    CHECK(fetch("PUT", server->url() + "/echo").body == "{\"why\":\"method not allowed\"}");
    CHECK(fetch("PUT", server->url() + "/echo").headers.at("Allow") == "POST");
    const auto large = fetch("POST", server->url() + "/echo", std::string(11, 'x'));
    CHECK(large.status == 413);
    CHECK(large.body == "{\"why\":\"the body is too large\"}");
}
