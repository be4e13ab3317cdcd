#include "tidewheel/core/settings.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/version.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using tidewheel::Audience;
using tidewheel::Error;
using tidewheel::Settings;

namespace {

// An environment variable for the length of a test.
class Variable {
  public:
    Variable(std::string name, const std::string& value) : name_(std::move(name)) {
        setenv(name_.c_str(), value.c_str(), 1);
    }
    ~Variable() { unsetenv(name_.c_str()); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    std::string name_;
};

class TemporaryFile {
  public:
    explicit TemporaryFile(const std::string& text) {
        std::string name = (std::filesystem::temp_directory_path() / "tidewheel-XXXXXX").string();
        close(mkstemp(name.data()));
        path_ = name;
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~TemporaryFile() { std::filesystem::remove(path_); }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

Settings parse(std::vector<std::string> arguments, Audience audience = Audience::worker) {
    Settings settings;
    CLI::App app("test", "test");
    bind(app, settings, audience);
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(arguments);
    return settings;
}

std::string mistake(const std::vector<std::string>& arguments) {
    try {
        parse(arguments);
    } catch (const CLI::ParseError& error) {
        return error.what();
    }
    return "accepted";
}

Settings completed(Settings settings) {
    complete(settings);
    return settings;
}

std::string refusal(const Settings& settings) {
    try {
        completed(settings);
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::setting);
        return error.what() + std::string(" / ") + error.hint();
    }
    return "accepted";
}

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// parse_service as a program sees it: nullopt when it may go on, otherwise its exit status.
std::optional<int> service_status(std::vector<std::string> arguments, std::string& printed) {
    std::vector<char*> argv{const_cast<char*>("tidewheel-worker")};
    for (std::string& argument : arguments)
        argv.push_back(argument.data());
    std::ostringstream output;
    auto* const out = std::cout.rdbuf(output.rdbuf());
    auto* const err = std::cerr.rdbuf(output.rdbuf());
    Settings settings;
    int status = -1;
    const bool go_on =
        parse_service(static_cast<int>(argv.size()), argv.data(), "tidewheel-worker",
                      "Runs every continuous INSERT", Audience::worker, settings, status);
    std::cout.rdbuf(out);
    std::cerr.rdbuf(err);
    printed = output.str();
    return go_on ? std::nullopt : std::optional(status);
}

}  // namespace

TEST_CASE("Without arguments every setting has its default") {
    const Settings parsed = parse({}), defaults;
    CHECK(parsed.database == defaults.database);
    CHECK(parsed.batch_rows == defaults.batch_rows);
    CHECK(parsed.linger == defaults.linger);
    CHECK(parsed.kafka_options.empty());
}

TEST_CASE("Flags set texts, numbers, sizes and times") {
    const Settings settings = parse({"--kafka", "a:1,b:2", "--batch-rows=500", "--batch-bytes",
                                     "512k", "--linger", "5s", "--log-format", "json"});
    CHECK(settings.kafka == "a:1,b:2");
    CHECK(settings.batch_rows == 500);
    CHECK(settings.batch_bytes == 512 * 1024);
    CHECK(settings.linger == 5s);
    CHECK(settings.log_format == "json");
}

TEST_CASE(
    "A flag wins over the environment, the environment over the file, the file over the default") {
    const TemporaryFile file("batch_rows = 1\nlinger = 1ms\nfetch-bytes = 1MiB\n");
    const Variable rows("TIDEWHEEL_BATCH_ROWS", "2"), linger("TIDEWHEEL_LINGER", "2ms");
    const Settings settings = parse({"--config", file.path(), "--batch-rows", "3"});
    CHECK(settings.batch_rows == 3);
    CHECK(settings.linger == 2ms);
    CHECK(settings.fetch_bytes == 1u << 20);
    CHECK(settings.batch_bytes == Settings().batch_bytes);
}

TEST_CASE("The config file may be named by the environment") {
    const TemporaryFile file("kafka = a:9092,b:9092\n");
    const Variable config("TIDEWHEEL_CONFIG", file.path());
    CHECK(parse({}).kafka == "a:9092,b:9092");
}

TEST_CASE("A config file that is missing is an error that names it") {
    CHECK_THAT(mistake({"--config", "/nowhere/tidewheel.toml"}), ContainsSubstring("/nowhere"));
    const Variable config("TIDEWHEEL_CONFIG", "/nowhere/else.toml");
    CHECK_THAT(mistake({}), ContainsSubstring("/nowhere/else.toml"));
}

TEST_CASE("A list may be repeated, and holds commas and semicolons as they are") {
    const Settings settings =
        parse({"--kafka-options", "debug=cgrp,topic", "--kafka-options", "sasl.password=a;b=c"});
    CHECK(settings.kafka_options ==
          std::vector<std::string>{"debug=cgrp,topic", "sasl.password=a;b=c"});
}

TEST_CASE("A list in the environment is separated by semicolons, one in a file is an array") {
    const std::vector<std::string> expected{"debug=cgrp,topic", "client.id=x"};
    const TemporaryFile file("kafka_options = ['debug=cgrp,topic', client.id=x]\n");
    CHECK(parse({"--config", file.path()}).kafka_options == expected);
    const Variable options("TIDEWHEEL_KAFKA_OPTIONS", "debug=cgrp,topic;client.id=x");
    CHECK(parse({}).kafka_options == expected);
}

TEST_CASE("A bad value names the flag, the variable or the line that it came from") {
    CHECK_THAT(mistake({"--batch-rows", "lots"}),
               ContainsSubstring("--batch-rows: 'lots' is not a number"));
    CHECK_THAT(mistake({"--batch-rows", "0"}), ContainsSubstring("from 1 to 1000000"));
    CHECK_THAT(mistake({"--kafka-options", "debug"}),
               ContainsSubstring("'debug' is not key=value"));
    CHECK_THAT(mistake({"--linger", "1", "--linger", "2"}), ContainsSubstring("--linger"));
    const TemporaryFile file("\nlinger = soon\n");
    CHECK_THAT(mistake({"--config", file.path()}),
               ContainsSubstring("line 2: linger: 'soon' is not a time"));
    const Variable level("TIDEWHEEL_LOG_LEVEL", "loud");
    CHECK_THAT(mistake({}), ContainsSubstring("TIDEWHEEL_LOG_LEVEL"));
    CHECK_THAT(mistake({}), ContainsSubstring("debug, info, warning, error"));
}

TEST_CASE("A config file with a key that nobody knows is refused, another program's key is not") {
    const TemporaryFile unknown("batch_rows = 5\nbatch_row = 5\n");
    CHECK_THAT(mistake({"--config", unknown.path()}),
               ContainsSubstring("line 2: batch_row: no such setting"));
    const TemporaryFile shared("batch_rows = 5\ngroup = shop\n");
    CHECK(parse({"--config", shared.path()}, Audience::cli).group == "shop");
    const TemporaryFile array("linger = [1, 2]\nkafka_options = []\n");
    CHECK_THAT(mistake({"--config", array.path()}), ContainsSubstring("line 1: linger: takes one"));
}

TEST_CASE("A program takes only the flags that are for it") {
    CHECK_THROWS_AS(parse({"--batch-rows", "5"}, Audience::producer), CLI::ParseError);
    CHECK_NOTHROW(parse({"--kafka", "a:1"}, Audience::producer));
}

TEST_CASE("Values out of range are refused by name, however they came") {
    Settings settings;
    CHECK(refusal(settings) == "accepted");
    settings.linger = 61s;
    CHECK_THAT(refusal(settings), ContainsSubstring("linger is 61s") &&
                                      ContainsSubstring("from 0ms to 1m") &&
                                      ContainsSubstring("--linger or TIDEWHEEL_LINGER"));
    settings.linger = -1ms;
    CHECK_THAT(refusal(settings), ContainsSubstring("linger"));
    settings = {};
    settings.batch_rows = 1'000'001;
    CHECK_THAT(refusal(settings), ContainsSubstring("batch_rows"));
    settings = {};
    settings.log_format = "xml";
    CHECK_THAT(refusal(settings), ContainsSubstring("text, json"));
}

TEST_CASE("The instance is host and process unless it was given") {
    CHECK_THAT(completed({}).instance, ContainsSubstring(":" + std::to_string(getpid())));
    Settings settings;
    settings.instance = "blue";
    CHECK(completed(settings).instance == "blue");
}

TEST_CASE("The password joins a URI, percent-encoded, with the file that it is from") {
    const TemporaryFile file("a b&c/'\\\n");
    Settings settings;
    settings.database_password_file = file.path();
    settings.database = "postgresql://me@db/shop";
    CHECK_THAT(completed(settings).database,
               StartsWith("postgresql://me@db/shop?password=a%20b%26c%2F%27%5C&passfile=%2F"));
    settings.database = "postgres://db/shop?sslmode=require";
    CHECK_THAT(completed(settings).database, ContainsSubstring("sslmode=require&password=a%20b"));
}

TEST_CASE("The password joins a connection string, quoted, and only once") {
    const TemporaryFile file("a'b\\c \r\n");
    Settings settings;
    settings.database_password_file = file.path();
    settings.database = "host=db";
    settings = completed(completed(settings));
    CHECK(settings.database == "host=db password='a\\'b\\\\c ' passfile='" + file.path() + "'");
}

TEST_CASE("A password file that is missing, empty or a folder is refused") {
    Settings settings;
    settings.database_password_file = "/nowhere/password";
    CHECK_THAT(refusal(settings), ContainsSubstring("/nowhere/password"));
    settings.database_password_file = "/";
    CHECK_THAT(refusal(settings), ContainsSubstring("password file"));
    const TemporaryFile empty("\n");
    settings.database_password_file = empty.path();
    CHECK_THAT(refusal(settings), ContainsSubstring("is empty"));
}

TEST_CASE("A service prints help with examples and its version, and goes on otherwise") {
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

TEST_CASE("Every setting has its own flag, variable and help") {
    std::set<std::string> flags, variables;
    for (const auto& setting : tidewheel::describe_settings()) {
        CHECK(flags.insert(setting.flag).second);
        CHECK(variables.insert(setting.environment).second);
        CHECK_FALSE(setting.help.empty());
        CHECK_FALSE(setting.unit.empty());
    }
    CHECK(flags.count("--database-password-file") == 1);
    CHECK(variables.count("TIDEWHEEL_BATCH_ROWS") == 1);
}

TEST_CASE("The reference page of the settings is the generated one") {
    CHECK(read_file(TIDEWHEEL_SOURCE_DIR "/docs/reference/settings.md") ==
          tidewheel::settings_as_markdown());
}

TEST_CASE("The reference page of the exit codes names each of them") {
    const std::string page = read_file(TIDEWHEEL_SOURCE_DIR "/docs/reference/exit-codes.md");
    for (const auto code :
         {tidewheel::ExitCode::ok, tidewheel::ExitCode::difference, tidewheel::ExitCode::usage,
          tidewheel::ExitCode::pipeline, tidewheel::ExitCode::refused,
          tidewheel::ExitCode::unavailable, tidewheel::ExitCode::internal}) {
        CHECK_THAT(page, ContainsSubstring("| " + std::to_string(static_cast<int>(code)) + " |"));
    }
}
