#include "tidewheel/flags/settings_flags.hpp"

#include <CLI/CLI.hpp>

#include "tidewheel/core/validate.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace std::chrono_literals;
using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using testing::EnvironmentVariable, testing::TemporaryFile;

namespace {

Settings parse(std::vector<std::string> arguments, Programs programs = Programs::worker) {
    Settings settings;
    CLI::App app("test", "test");
    flags::add_settings(app, settings, programs);
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
    const EnvironmentVariable rows("TIDEWHEEL_BATCH_ROWS", "2"), linger("TIDEWHEEL_LINGER", "2ms");
    const Settings settings = parse({"--config", file.path(), "--batch-rows", "3"});
    CHECK(settings.batch_rows == 3);
    CHECK(settings.linger == 2ms);
    CHECK(settings.fetch_bytes == 1u << 20);
    CHECK(settings.batch_bytes == Settings().batch_bytes);
}

TEST_CASE("The config file may be named by the environment") {
    const TemporaryFile file("kafka = a:9092,b:9092\n");
    const EnvironmentVariable config("TIDEWHEEL_CONFIG", file.path());
    CHECK(parse({}).kafka == "a:9092,b:9092");
}

TEST_CASE("A config file that is missing is an error that names it") {
    CHECK_THAT(mistake({"--config", "/nowhere/tidewheel.toml"}), ContainsSubstring("/nowhere"));
    const EnvironmentVariable config("TIDEWHEEL_CONFIG", "/nowhere/else.toml");
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
    const EnvironmentVariable options("TIDEWHEEL_KAFKA_OPTIONS", "debug=cgrp,topic;client.id=x");
    CHECK(parse({}).kafka_options == expected);
}

TEST_CASE("A bad value names the flag, the variable or the line that it came from") {
    CHECK_THAT(mistake({"--batch-rows", "lots"}),
               ContainsSubstring("--batch-rows: 'lots' is not a number"));
    CHECK_THAT(mistake({"--batch-rows", "0"}), ContainsSubstring("from 1 to 1000000"));
    CHECK_THAT(mistake({"--kafka-options", "debug"}),
               ContainsSubstring("--kafka-options: the value is not key=value"));
    CHECK_THAT(mistake({"--linger", "1", "--linger", "2"}), ContainsSubstring("--linger"));
    const TemporaryFile file("\nlinger = soon\n");
    CHECK_THAT(mistake({"--config", file.path()}),
               ContainsSubstring("line 2: linger: 'soon' is not a time"));
    const EnvironmentVariable level("TIDEWHEEL_LOG_LEVEL", "loud");
    CHECK_THAT(mistake({}), ContainsSubstring("TIDEWHEEL_LOG_LEVEL"));
    CHECK_THAT(mistake({}), ContainsSubstring("debug, info, warning, error"));
}

TEST_CASE("A config file with an unknown key is refused, another program's key is not") {
    const TemporaryFile unknown("batch_rows = 5\nbatch_row = 5\n");
    CHECK_THAT(mistake({"--config", unknown.path()}),
               ContainsSubstring("line 2: batch_row: unknown setting"));
    const TemporaryFile shared("batch_rows = 5\ngroup = shop\n");
    CHECK(parse({"--config", shared.path()}, Programs::cli).group == "shop");
    const TemporaryFile array("linger = [1, 2]\nkafka_options = []\n");
    CHECK_THAT(mistake({"--config", array.path()}), ContainsSubstring("line 1: linger: takes one"));
    const TemporaryFile near("batch_rosw = 5\n");
    CHECK_THAT(mistake({"--config", near.path()}), ContainsSubstring("Did you mean batch_rows?"));
}

TEST_CASE("A config file that has one key twice is refused, however it is spelt") {
    const TemporaryFile twice("batch_rows = 5\n# and again\nbatch-rows = 6\n");
    CHECK_THAT(mistake({"--config", twice.path()}),
               ContainsSubstring("line 3: batch-rows: already set in line 1"));
}

TEST_CASE("A file with a secret that everybody can read is worth a warning") {
    namespace fs = std::filesystem;
    const TemporaryFile password("hunter2\n"), plain("kafka = a:1\n"),
        config("kafka_options = [sasl.username=etl, sasl.password=hunter2]\n");
    const auto open_to_all = [](const TemporaryFile& file) {
        fs::permissions(file.path(), fs::perms::others_read, fs::perm_options::add);
    };
    const auto warnings = [&] {
        Settings settings =
            parse({"--config", config.path(), "--database-password-file", password.path()});
        validate(settings);
        return settings.warnings;
    };
    CHECK(warnings().empty());
    open_to_all(password);
    open_to_all(config);
    open_to_all(plain);
    REQUIRE(warnings().size() == 2);
    CHECK_THAT(warnings()[0], ContainsSubstring("the config file " + config.path()) &&
                                  ContainsSubstring("chmod o-rw"));
    CHECK_THAT(warnings()[1], ContainsSubstring("the password file " + password.path()));
    CHECK(parse({"--config", plain.path()}).warnings.empty());  // it holds no secret
    const TemporaryFile url("database = 'postgresql://me:hunter2@db/shop'\n");
    open_to_all(url);
    CHECK(parse({"--config", url.path()}).warnings.size() == 1);
}

TEST_CASE("A variable that is not a setting gives a warning, unless others read it") {
    const EnvironmentVariable mistyped("TIDEWHEEL_BATCH_ROWZ", "5"),
        strange("TIDEWHEEL_WHATEVER", "1"), state("TIDEWHEEL_STATE", "/tmp"),
        test("TIDEWHEEL_TEST_KAFKA", "a:1"), pod("TIDEWHEEL_WORKER_SERVICE_HOST", "10.0.0.1"),
        set("TIDEWHEEL_BATCH_ROWS", "5");
    const Settings settings = parse({});
    CHECK(settings.batch_rows == 5);
    const auto told = [&](const std::string& words) {
        return std::ranges::count_if(settings.warnings, [&](const std::string& each) {
            return each.find(words) != std::string::npos;
        });
    };
    CHECK(told("TIDEWHEEL_BATCH_ROWZ is not a setting and has no effect. Did you mean "
               "TIDEWHEEL_BATCH_ROWS?") == 1);
    CHECK(told("TIDEWHEEL_WHATEVER is not a setting and has no effect") == 1);
    CHECK(told("STATE") + told("TEST_KAFKA") + told("SERVICE_HOST") == 0);
}

TEST_CASE("A program takes only the flags that are for it") {
    CHECK_THROWS_AS(parse({"--batch-rows", "5"}, Programs::producer), CLI::ParseError);
    CHECK_NOTHROW(parse({"--kafka", "a:1"}, Programs::producer));
}

TEST_CASE("No error of flags shows a secret") {
    const std::string secret = "hunter2";
    std::vector<std::string> told;
    for (const std::string& option :
         {"sasl.password" + secret, "=" + secret, secret, "sasl.password:" + secret}) {
        told.push_back(mistake({"--kafka-options", option}));
        CHECK_THAT(mistake({"--kafka-options", "a=b", "--kafka-options", option}),
                   ContainsSubstring("value 2 is not key=value"));
        const EnvironmentVariable variable("TIDEWHEEL_KAFKA_OPTIONS", option);
        told.push_back(mistake({}));
        const TemporaryFile file("kafka_options = ['" + option + "']\n");
        told.push_back(mistake({"--config", file.path()}));
    }
    const TemporaryFile no_equals("kafka_options sasl.password " + secret + "\n");
    told.push_back(mistake({"--config", no_equals.path()}));
    for (const std::string& words : told) {
        CHECK(words != "accepted");
        CHECK_THAT(words, !ContainsSubstring(secret));
    }
}
