#include "tidewheel/registry/registry.hpp"

#include <atomic>
#include <fstream>
#include <mutex>

#include "tidewheel/core/error.hpp"
#include "tidewheel/http/digest.hpp"
#include "tidewheel/http/scripted_server.hpp"
#include "tidewheel/registry/registries.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace tidewheel;
using namespace tidewheel::registry;
using Catch::Matchers::ContainsSubstring;

namespace {

// A registry of a few schemas, which remembers how it was asked.
class Server {
  public:
    Server() : server_([this](http::Conversation& client) { serve(client); }) {}
    std::string url() const { return "http://localhost:" + std::to_string(server_.port()); }
    int requests() const { return requests_; }
    std::string authorization() {
        std::lock_guard lock(mutex_);
        return authorization_;
    }

  private:
    void serve(http::Conversation& client) {
        while (const auto request = client.request()) {
            ++requests_;
            {
                std::lock_guard lock(mutex_);
                const auto given = request->headers.find("authorization");
                authorization_ = given == request->headers.end() ? "" : given->second;
            }
            if (!client.answer(answer(request->path))) return;
        }
    }
    static http::Response answer(const std::string& path) {
        if (path == "/schemas/ids/1") return {.body = R"({"schema": "\"string\""})"};
        if (path == "/schemas/ids/2")
            return {.body = R"({"schema": "main", "references": [)"
                            R"({"name": "a", "subject": "a/b", "version": 3}]})"};
        if (path == "/subjects/a/b/versions/3") return {.body = R"({"schema": "referred"})"};
        if (path == "/subjects/t-value/versions/latest") return {.body = R"({"schema": "new"})"};
        http::Response response{.body = R"({"error_code": 40403, "message": "not found"})"};
        response.status = 404;
        if (path == "/schemas/ids/4") response.body = "<html>not found</html>";
        if (path == "/schemas/ids/5") response.status = 401;
        if (path == "/schemas/ids/6") response = {.body = "{}"};
        return response;
    }

    std::mutex mutex_;
    std::string authorization_;
    std::atomic<int> requests_ = 0;
    http::ScriptedServer server_;
};

std::string outage(Registry& registry, std::uint32_t id) {
    try {
        registry.find(id);
        return "none";
    } catch (const Error& error) {
        CHECK(error.retryable());
        return error.what();
    }
}

}  // namespace

TEST_CASE("a schema is asked for once, and comes behind those that it names") {
    Server server;
    Registry registry(server.url(), {});
    for (int i = 0; i < 3; ++i) {
        CHECK(registry.find(1) == Texts{"\"string\""});
        CHECK(registry.find(2) == Texts{"referred", "main"});
    }
    CHECK(server.requests() == 3);
    CHECK(server.authorization().empty());
    CHECK(registry.newest("t-value") == Texts{"new"});
    CHECK_FALSE(registry.newest("other"));
}

TEST_CASE("an id that the registry doesn't know is no outage, and isn't asked for again at once") {
    Server server;
    Registry registry(server.url(), {});
    CHECK_FALSE(registry.find(3));
    CHECK_FALSE(registry.find(3));
    CHECK(server.requests() == 1);
}

TEST_CASE("whatever else a registry answers is an outage") {
    Server server;
    Registry registry(server.url(), {});
    CHECK_THAT(outage(registry, 4), ContainsSubstring("status 404"));
    CHECK_THAT(outage(registry, 5), ContainsSubstring("status 401"));
    CHECK_THAT(outage(registry, 6), ContainsSubstring("no schema"));
    Registry nobody("http://localhost:1", {});
    CHECK_THAT(outage(nobody, 1), ContainsSubstring("can't be asked"));
}

TEST_CASE("a user with a password, or a token, from files") {
    Server server;
    const testing::TemporaryFile secret("s3cret\n");
    Settings settings;
    settings.registry_url = server.url();
    settings.registry_user = "me";
    settings.registry_password_file = secret.path();
    CHECK(Registries(settings).at(server.url()).find(1));
    CHECK(server.authorization() == "Basic " + http::to_base64("me:s3cret"));
    settings.registry_user.clear();
    settings.registry_token_file = secret.path();
    CHECK(Registries(settings).at(server.url()).find(1));
    CHECK(server.authorization() == "Bearer s3cret");
}

TEST_CASE("the token goes to the registries of the settings, and to no other that a stream names") {
    Server ours, also_ours, other;
    const testing::TemporaryFile secret("s3cret");
    Settings settings;
    settings.registry_url = ours.url() + "/apis/," + also_ours.url();
    settings.registry_token_file = secret.path();
    Registries registries(settings);
    for (Server* each : {&ours, &also_ours, &other}) {
        CHECK(registries.at(each->url()).find(1));
        CHECK(registries.at(each->url()).newest("t-value"));
        CHECK(each->authorization() == (each == &other ? "" : "Bearer s3cret"));
    }
    // By another name, or another way, it is another one.
    std::string by_number = ours.url();
    by_number.replace(by_number.find("localhost"), 9, "127.0.0.1");
    CHECK(registries.at(by_number).find(1));
    CHECK(ours.authorization().empty());
    std::string in_capitals = ours.url();
    in_capitals.replace(in_capitals.find("localhost"), 9, "LocalHost");
    CHECK(registries.at(in_capitals).find(1));
    CHECK(ours.authorization() == "Bearer s3cret");
}
