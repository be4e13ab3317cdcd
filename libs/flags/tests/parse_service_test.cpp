#include "tidewheel/flags/parse_service.hpp"

#include <iostream>
#include <optional>
#include <sstream>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;

namespace {

// parse_service as a program sees it: nullopt when it may go on, otherwise its exit status.
std::optional<int> service_status(std::vector<std::string> arguments, std::string& printed,
                                  std::vector<flags::Flag> own = {}) {
    std::vector<char*> argv{const_cast<char*>("tidewheel-worker")};
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    std::ostringstream output;
    auto* const out = std::cout.rdbuf(output.rdbuf());
    auto* const err = std::cerr.rdbuf(output.rdbuf());
    const auto settings = flags::parse_service(
        static_cast<int>(argv.size()), argv.data(),
        {"tidewheel-worker", "Runs every continuous INSERT", Programs::worker, std::move(own)});
    std::cout.rdbuf(out);
    std::cerr.rdbuf(err);
    printed = output.str();
    return settings ? std::nullopt : std::optional(settings.failure());
}

}  // namespace

TEST_CASE("A service prints help with examples and its version, and runs otherwise") {
    std::string printed;
    CHECK(service_status({"--help"}, printed) == 0);
    CHECK_THAT(printed, ContainsSubstring("Examples:") && ContainsSubstring("--batch-rows") &&
                            ContainsSubstring("TIDEWHEEL_BATCH_ROWS") &&
                            ContainsSubstring("Runs every continuous INSERT"));
    CHECK_THAT(printed,  // by every version of CLI11
               ContainsSubstring("--group name [tidewheel] (Env:TIDEWHEEL_GROUP)\n"));
    CHECK(service_status({"--version"}, printed) == 0);
    CHECK(printed == "tidewheel-worker " + std::string(tidewheel::version()) + "\n");
    CHECK(service_status({"--linger", "5ms"}, printed) == std::nullopt);
    CHECK(printed.empty());
}

TEST_CASE("A mistake on a service's command line ends it with status 2 and a message") {
    std::string printed;
    CHECK(service_status({"--no-such-flag"}, printed) == 2);
    CHECK_THAT(printed, ContainsSubstring("--no-such-flag"));
    CHECK(service_status({"stray"}, printed) == 2);
    CHECK(service_status({"--linger", "soon"}, printed) == 2);
    CHECK(service_status({"--database-password-file", "/nowhere"}, printed) == 2);
    CHECK_THAT(printed, ContainsSubstring("/nowhere") && ContainsSubstring("hint: "));
}

TEST_CASE("No mistake on a service's command line shows a secret") {
    const std::string secret = "hunter2";
    std::string printed;
    for (std::vector<std::string> arguments : {std::vector<std::string>{"sasl.password=" + secret},
                                               {"--kafka-options", "a=b", "sasl.password" + secret},
                                               {"postgresql://me:" + secret + "@db/shop"},
                                               {"--database-passwrod=" + secret}}) {
        CHECK(service_status(arguments, printed) == 2);
        CHECK_THAT(printed, !ContainsSubstring(secret));
    }
}

TEST_CASE("A program's own flags are rows of a table: read, listed, and named by their errors") {
    std::string stream = "events", printed;
    const std::vector<flags::Flag> own{
        {"stream", "STREAM", stream, "whose events", [&](auto& text) { stream = text; }},
        {"--bad", "PERCENT", "0", "bad events", [](auto& text) {
             if (text != "5") throw Error(Error::Kind::setting, "\"" + text + "\" is not 5");
         }}};
    CHECK(service_status({"--bad", "5", "orders"}, printed, own) == std::nullopt);
    CHECK(stream == "orders");
    CHECK(service_status({"--bad", "7"}, printed, own) == 2);
    CHECK_THAT(printed, ContainsSubstring("--bad: \"7\" is not 5"));
    CHECK(service_status({"--help"}, printed, own) == 0);
    CHECK_THAT(printed, ContainsSubstring("--bad PERCENT [0] ") &&
                            ContainsSubstring("stream STREAM [events] "));
}
