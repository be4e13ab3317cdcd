// A wrong password is a wrong setting: a clear error, at once, with the exit status that is
// documented for it.
#include <filesystem>
#include <fstream>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int usage = 2;  // docs/reference/exit-codes.md
constexpr const char* pipeline =
    "CREATE FOREIGN TABLE s (n integer) SERVER kafka OPTIONS (topic '{topic}');\n"
    "CREATE TABLE t (n integer);\nINSERT INTO t SELECT n FROM s;\n";

std::string with_password(std::string url, const std::string& password) {
    const auto at = url.find('@');
    const auto colon = url.rfind(':', at);
    return url.replace(colon + 1, at - colon - 1, password);
}

void check_refusal(int status, const std::string& errors, const std::string& password) {
    INFO(errors);
    CHECK(status == usage);
    CHECK_THAT(errors, ContainsSubstring("password") && !ContainsSubstring(password));
}

struct PasswordFile {
    explicit PasswordFile(const std::string& password)
        : path((std::filesystem::temp_directory_path() / unique("password")).string()) {
        std::ofstream(path) << password << '\n';
    }
    ~PasswordFile() { std::filesystem::remove(path); }
    PasswordFile(const PasswordFile&) = delete;
    PasswordFile& operator=(const PasswordFile&) = delete;

    std::string path;
};

// How it ends when it is not stopped.
void check_refused_service(const Deployment& deployment, const std::string& name,
                           const std::string& setting, const std::string& password) {
    auto service = deployment.start(name, {setting});
    const int status = service->wait(std::chrono::seconds(30));
    check_refusal(status, service->errors(), password);
}

}  // namespace

TEST_CASE("a wrong password of the database ends commands and services with exit status 2") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    const std::string url = with_password(deployment.url(), "mistaken");
    const Finished status = run(
        {program("tidewheel"), "status", "--database", url, "--kafka", testing::kafka().brokers});
    check_refusal(status.status, status.errors, "mistaken");
    for (const std::string name : {"tidewheel-worker", "tidewheel-aggregator"})
        check_refused_service(deployment, name, "TIDEWHEEL_DATABASE=" + url, "mistaken");
}

TEST_CASE("who takes the database's password from a file is told which file holds a wrong one") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    const PasswordFile file("mistaken");
    const std::string setting = "TIDEWHEEL_DATABASE_PASSWORD_FILE=" + file.path;
    const Finished status = run({program("tidewheel"), "status", "--database", deployment.url()},
                                {"TIDEWHEEL_KAFKA=" + testing::kafka().brokers, setting});
    check_refusal(status.status, status.errors, "mistaken");
    CHECK_THAT(status.errors, ContainsSubstring("the password in the file " + file.path));
    auto worker = deployment.start("tidewheel-worker", {setting});
    const int ended = worker->wait(std::chrono::seconds(30));
    check_refusal(ended, worker->errors(), "mistaken");
    CHECK_THAT(worker->errors(), ContainsSubstring("the password in the file " + file.path));
}

TEST_CASE("a wrong password at the broker ends commands and services with exit status 2",
          "[outage]") {
    const PrivateKafka broker({"TIDEWHEEL_KAFKA_PASSWORD=right"});
    const std::string options =
        "TIDEWHEEL_KAFKA_OPTIONS=security.protocol=SASL_PLAINTEXT;sasl.mechanisms=PLAIN;"
        "sasl.username=tidewheel;sasl.password=";
    TemporaryDatabase database;
    kafka::ClientSettings plain = broker.settings();
    Deployment unchecked(database.url(), plain);
    REQUIRE(unchecked.apply(pipeline).status == 0);
    unchecked.send(0, {R"({"n": 1})"});

    kafka::ClientSettings checked = plain;
    checked.brokers = broker.checked_address();
    Deployment deployment(database.url(), checked, {options + "right"});
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(deployment.value("SELECT n FROM t") == "1");

    for (const std::string name : {"tidewheel-worker", "tidewheel-aggregator"})
        check_refused_service(deployment, name, options + "mistaken", "mistaken");
    const Finished status = run({program("tidewheel"), "status", "--database", database.url()},
                                {"TIDEWHEEL_KAFKA=" + checked.brokers, options + "mistaken"});
    check_refusal(status.status, status.errors, "mistaken");
}
