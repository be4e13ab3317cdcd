#include "cli/commands/health.hpp"

#include <cstdlib>
#include <sstream>

#include "cli/program.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;

namespace {

// What a service looks like from outside: alive, and as ready as it is told to be.
class FakeService {
  public:
    explicit FakeService(http::Response readiness) : server_("127.0.0.1:0") {
        server_.route("GET", "/healthz", [](auto&) { return http::Response{.body = "alive\n"}; });
        server_.route("GET", "/readyz", [readiness](auto&) { return readiness; });
        server_.start();
    }
    std::string address() const { return server_.url().substr(std::string("http://").size()); }

  private:
    http::Server server_;
};

struct Outcome {
    int status;
    std::string out, err;
};

Outcome tidewheel_health(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"tidewheel", "health"});
    std::vector<const char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(argument.c_str());
    std::ostringstream out, err;
    const int status = cli::run_program(static_cast<int>(argv.size()), argv.data(), out, err);
    return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("health of a service that is ready exits with 0") {
    const FakeService service({.body = "ready\n"});
    const Outcome outcome = tidewheel_health({service.address()});
    CHECK(outcome.status == 0);
    CHECK(outcome.out == "ready\n");
    const auto document = codec::Json::parse(tidewheel_health({service.address(), "--json"}).out);
    REQUIRE(document);
    CHECK(document->find("state")->string() == "ready");
}

TEST_CASE("health of a service that is not ready exits with 5 and says what it lacks") {
    const FakeService service({.status = 503, .body = "kafka: no broker answers\n"});
    const Outcome outcome = tidewheel_health({service.address()});
    CHECK(outcome.status == 5);
    CHECK_THAT(outcome.err, ContainsSubstring("is not ready: kafka: no broker answers\n"));
    SECTION("which does not matter to --alive") {
        CHECK(tidewheel_health({service.address(), "--alive"}).status == 0);
    }
}

TEST_CASE("health exits with 5 when nothing answers, and with 2 when something else does") {
    std::string address;
    {
        const FakeService service({});
        address = service.address();
    }
    CHECK(tidewheel_health({address}).status == 5);
    const FakeService stranger({.status = 404, .body = "no such page\n"});
    CHECK(tidewheel_health({stranger.address()}).status == 2);
}

TEST_CASE("health asks the service of TIDEWHEEL_LISTEN when no address is given") {
    const FakeService service({.body = "ready\n"});
    setenv("TIDEWHEEL_LISTEN", service.address().c_str(), 1);
    CHECK(tidewheel_health({}).status == 0);
    unsetenv("TIDEWHEEL_LISTEN");
    CHECK(tidewheel_health({}).status == 2);
}
