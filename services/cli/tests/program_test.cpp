#include "cli/program.hpp"

#include <sstream>
#include <vector>

#include "tidewheel/codec/json.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/testing/catch.hpp"

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

struct Said {
    int status;
    std::string output, errors;
};

Said say(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tidewheel");
    std::ostringstream out, err;
    const int status =
        tidewheel::cli::run_program(static_cast<int>(arguments.size()), arguments.data(), out, err);
    return {status, out.str(), err.str()};
}

}  // namespace

TEST_CASE("the program alone says what it can do") {
    const Said alone = say({});
    CHECK(alone.status == 0);
    CHECK_THAT(alone.output, ContainsSubstring("status") && ContainsSubstring("--database"));
    CHECK(alone.output == say({"--help"}).output);
}

TEST_CASE("the flag --version prints what the command version prints") {
    const Said flag = say({"--version"});
    CHECK(flag.status == 0);
    CHECK_THAT(flag.output, StartsWith("tidewheel " + std::string(tidewheel::version()) + " ("));
    CHECK(flag.output == say({"version"}).output);
}

TEST_CASE("a mistyped command or option gets a suggestion") {
    const Said command = say({"statsu"});
    CHECK(command.status == 2);
    CHECK_THAT(command.errors, ContainsSubstring("unknown command tidewheel statsu") &&
                                   ContainsSubstring("Did you mean status?"));
    CHECK_THAT(say({"dlq", "lst"}).errors, ContainsSubstring("unknown command tidewheel dlq lst") &&
                                               ContainsSubstring("Did you mean list?"));
    const Said option = say({"status", "--explian"});
    CHECK(option.status == 2);
    CHECK_THAT(option.errors, ContainsSubstring("unknown option --explian") &&
                                  ContainsSubstring("Did you mean --explain?"));
    CHECK_THAT(say({"status", "--databse", "x"}).errors,
               ContainsSubstring("Did you mean --database?"));
    CHECK_THAT(say({"frobnicate"}).errors, !ContainsSubstring("Did you mean"));
    CHECK_THAT(say({"version", "now"}).errors,
               ContainsSubstring("tidewheel version does not accept the argument now"));
    CHECK_THAT(say({"dlq"}).errors, ContainsSubstring("tidewheel dlq --help"));
    const auto document = tidewheel::codec::Json::parse(say({"--json", "statsu"}).errors);
    REQUIRE(document);
    CHECK_THAT(document->find("error")->find("hint")->string(), ContainsSubstring("status"));
}

TEST_CASE("the former name of a flag works, says what it is called now, and is listed nowhere") {
    for (const auto& command : std::vector<std::vector<const char*>>{
             {"apply", "no/such/file.sql", "--rebuild", "--from-what-is-left"},
             {"rebuild", "--database", "host=/no/such/directory", "v", "--from-what-is-left"}}) {
        const Said former = say(command);
        CHECK_THAT(
            former.errors,
            ContainsSubstring("note: --from-what-is-left is now --allow-truncated-topic\n") &&
                !ContainsSubstring("unknown option"));
        std::vector<const char*> present = command;
        present.back() = "--allow-truncated-topic";
        const Said now = say(present);
        CHECK(now.status == former.status);
        CHECK_THAT(now.errors,
                   !ContainsSubstring("is now") && !ContainsSubstring("unknown option"));
        const Said help = say({command.front(), "--help"});
        CHECK_THAT(help.output, ContainsSubstring("--allow-truncated-topic") &&
                                    !ContainsSubstring("--from-what-is-left"));
        present.back() = "--from-what-is-left";
        present.insert(present.begin(), "--json");
        CHECK(tidewheel::codec::Json::parse(say(present).errors));  // one document, no note
    }
    CHECK_THAT(say({"completion", "bash"}).output, !ContainsSubstring("--from-what-is-left"));
}

TEST_CASE("no mistake on the command line shows a secret") {
    for (const auto& arguments : std::vector<std::vector<const char*>>{
             {"version", "--kafka-options", "sasl.passwordhunter2"},
             {"version", "--kafka-options", "sasl.passwordhunter2="},
             {"version", "--kafka-options", "a=b", "sasl.password=hunter2"},
             {"version", "--database-password-file", "hunter2"},
             {"version", "postgresql://me:hunter2@db/shop"},
             {"--databas=postgresql://me:hunter2@db/shop", "version"}}) {
        const Said said = say(arguments);
        INFO(said.errors);
        CHECK(said.status == 2);
        CHECK_THAT(said.errors, !ContainsSubstring("hunter2"));
    }
}

TEST_CASE("options that librdkafka doesn't know are refused before any server is asked") {
    const Said said =
        say({"status", "--kafka-options", "no.such.thing=1", "--database", "host=nowhere.invalid"});
    CHECK(said.status == 2);
    CHECK_THAT(said.errors, ContainsSubstring("no.such.thing"));
}

TEST_CASE("an argument can't command the terminal through the error about it") {
    const Said said = say({"x\x1b[2J"});
    CHECK(said.status == 2);
    CHECK_THAT(said.errors, !ContainsSubstring("\x1b"));
}
