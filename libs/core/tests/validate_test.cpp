#include "tidewheel/core/validate.hpp"

#include <unistd.h>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/surroundings.hpp"

using namespace std::chrono_literals;
using namespace tidewheel;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using testing::TemporaryFile;

namespace {

Settings validated(Settings settings) {
    validate(settings);
    return settings;
}

std::string refusal(const Settings& settings) {
    try {
        validated(settings);
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::setting);
        return error.what() + std::string(" / ") + error.hint();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("The producer's token may come from a file") {
    const TemporaryFile file("s3cret\n");
    Settings settings;
    settings.http_token_file = file.path();
    CHECK(validated(settings).http_token == "s3cret");
    settings.http_token_file = "/nowhere/token";
    CHECK_THAT(refusal(settings),
               ContainsSubstring("/nowhere/token") && ContainsSubstring("--http-token-file"));
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
    settings = {};
    settings.group.clear();
    CHECK_THAT(refusal(settings), ContainsSubstring("group") && ContainsSubstring("be empty"));
}

TEST_CASE("The instance is host and process unless it was given") {
    CHECK_THAT(validated({}).instance, ContainsSubstring(":" + std::to_string(getpid())));
    Settings settings;
    settings.instance = "blue";
    CHECK(validated(settings).instance == "blue");
}

TEST_CASE("The password joins a URI, percent-encoded, with the file that it is from") {
    const TemporaryFile file("a b&c/'\\\n");
    Settings settings;
    settings.database_password_file = file.path();
    settings.database = "postgresql://me@db/shop";
    CHECK_THAT(validated(settings).database,
               StartsWith("postgresql://me@db/shop?password=a%20b%26c%2F%27%5C&passfile=%2F"));
    settings.database = "postgres://db/shop?sslmode=require";
    CHECK_THAT(validated(settings).database, ContainsSubstring("sslmode=require&password=a%20b"));
}

TEST_CASE("The password joins a connection string, quoted, and only once") {
    const TemporaryFile file("a'b\\c \r\n");
    Settings settings;
    settings.database_password_file = file.path();
    settings.database = "host=db";
    settings = validated(validated(settings));
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

TEST_CASE("A password given in the place of its file is not shown") {
    Settings settings;
    settings.database_password_file = "hunter2";
    CHECK_THAT(refusal(settings),
               ContainsSubstring("cannot read the password file") && !ContainsSubstring("hunter2"));
}

TEST_CASE("the registry's user or token is for registries that are named") {
    Settings settings;
    settings.registry_token_file = "token";
    CHECK_THAT(refusal(settings), StartsWith("registry_url is missing"));
    settings.registry_url = "https://a:8081,https://b";
    CHECK(refusal(settings) == "accepted");
    settings.registry_url = "https://a, b";
    CHECK_THAT(refusal(settings), ContainsSubstring("which is no URL"));
}
