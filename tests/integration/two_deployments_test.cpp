// Two deployments that are in each other's way: a copy of the database with the same settings, and
// two groups on one database.
#include <algorithm>
#include <csignal>

#include "steady_load.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL, store text NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
)";

int number(const Deployment& deployment, const std::string& sql) {
    return std::stoi(deployment.value(sql));
}

void await_log(Process& service, const std::string& words) {
    eventually("\"" + words + "\" in the log",
               [&] { return service.errors().find(words) != std::string::npos; });
}

std::string epochs(const std::string& url) {
    return postgres::Connection(url)
        .query(
            "SELECT string_agg(partition || ':' || epoch, ' ' ORDER BY partition) FROM "
            "tidewheel.progress")
        .at(0)
        .text(0);
}

void copy_database(const std::string& from, const std::string& to) {
    const Finished copied = run({"bash", "-c",
                                 "set -o pipefail; pg_dump --format custom '" + from +
                                     "' | pg_restore --exit-on-error --dbname '" + to + "'"});
    INFO(copied.errors);
    REQUIRE(copied.status == 0);
}

}  // namespace

TEST_CASE("a copy of the database with the same settings takes no partition from the original") {
    Deployment production;
    REQUIRE(production.apply(pipeline).status == 0);
    auto worker = production.start("tidewheel-worker");
    SteadyLoad load(production.topic(), 2);
    eventually("records flow",
               [&] { return number(production, "SELECT count(*) FROM whole") > 0; });
    const std::string before = epochs(production.url());
    TemporaryDatabase copy;
    copy_database(production.url(), copy.url());
    const std::string copied = epochs(copy.url());
    const std::string here = "TIDEWHEEL_DATABASE=" + copy.url();

    auto stranger = production.start("tidewheel-worker", {here});
    await_log(*stranger, "is a copy: its catalogue belongs to database");
    CHECK_THAT(http::fetch("GET", admin_url(*stranger) + "/readyz").body,
               ContainsSubstring("is a copy"));
    eventually("production's status names it", [&] {
        const Finished status = production.tidewheel({"status", "--explain"});
        return status.output.find("a service of another database stands by for consumer group") !=
               std::string::npos;
    });
    const int held = number(production, "SELECT count(*) FROM whole");
    eventually("production continues",
               [&] { return number(production, "SELECT count(*) FROM whole") > held + 1000; });
    CHECK(epochs(production.url()) == before);
    CHECK(epochs(copy.url()) == copied);

    // Deliberately: it still waits for the original's services to go.
    auto taken = production.start_command({"init", "--take-over"}, {here});
    CHECK(taken->wait() == 0);
    await_log(*stranger, "writes to another database");
    CHECK(epochs(production.url()) == before);
    CHECK(epochs(copy.url()) == copied);
    worker->signal(SIGTERM);
    CHECK(worker->wait(std::chrono::seconds(10)) == 0);
    const int sent = load.stop();
    eventually("the copy has taken over", [&] {
        return postgres::Connection(copy.url())
                   .query("SELECT count(DISTINCT n) || ' ' || count(*) FROM whole")
                   .at(0)
                   .text(0) == std::to_string(sent) + " " + std::to_string(sent);
    });
    auto late = production.start("tidewheel-worker");
    await_log(*late, "writes to another database");
    CHECK(epochs(production.url()) == before);
}

// Each has looked for others before the other one was there.
TEST_CASE("of two databases whose services join one group at the same time, one gives way") {
    Deployment one;
    REQUIRE(one.apply(pipeline).status == 0);
    const TemporaryDatabase other;
    const std::string there = "TIDEWHEEL_DATABASE=" + other.url();
    for (const auto& command :
         {std::vector<std::string>{"init"}, {"apply", one.file(one.text(pipeline))}})
        REQUIRE(one.start_command(command, {there})->wait() == 0);
    const std::string together = "TIDEWHEEL_FAILPOINTS=before_join=stop@1";
    const auto here = one.start("tidewheel-worker", {together}),
               elsewhere = one.start("tidewheel-worker", {together, there});
    for (const auto* worker : {here.get(), elsewhere.get()}) {
        eventually("the worker is about to join", [&] { return worker->stopped(); });
    }
    for (auto* worker : {here.get(), elsewhere.get()})
        worker->signal(SIGCONT);
    eventually("one of them gives way", [&] {
        return (here->errors() + elsewhere->errors()).find("writes to another database") !=
               std::string::npos;
    });
    SteadyLoad load(one.topic(), 2);
    eventually("there are records", [&] { return load.sent() >= 1000; });
    const int sent = load.stop();
    const auto count = [](const std::string& url) {
        return postgres::Connection(url).query("SELECT count(*) FROM whole").at(0).integer(0);
    };
    eventually("the other one stores everything",
               [&] { return std::max(count(one.url()), count(other.url())) == sent; });
}

TEST_CASE("two consumer groups that take a database's partitions from each other are named") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    SteadyLoad load(deployment.topic(), 2);
    auto one = deployment.start("tidewheel-worker", {"TIDEWHEEL_INSTANCE=first"});
    auto other = deployment.start(
        "tidewheel-worker", {"TIDEWHEEL_INSTANCE=second", "TIDEWHEEL_GROUP=" + unique("other")});
    const std::string words = "taken from each other by two consumer groups";
    eventually("status says it", [&] {
        return deployment.tidewheel({"status", "--explain"}).output.find(words) !=
               std::string::npos;
    });
    const std::string status = deployment.tidewheel({"status", "--explain"}).output;
    CHECK_THAT(status, ContainsSubstring("first of ") && ContainsSubstring("second of other"));
    for (Process* each : {one.get(), other.get()}) {
        await_log(*each, "two deployments write to this database");
        CHECK_THAT(http::fetch("GET", admin_url(*each) + "/readyz").body, ContainsSubstring(words));
    }
    other->signal(SIGTERM);
    CHECK(other->wait(std::chrono::seconds(10)) == 0);
    const int sent = load.stop();
    deployment.arrive();
    CHECK(deployment.value("SELECT count(DISTINCT n) || ' ' || count(*) FROM whole") ==
          std::to_string(sent) + " " + std::to_string(sent));
}

TEST_CASE("a service without a group's name is refused") {
    const Finished refused = run({program("tidewheel-worker"), "--group", ""});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, ContainsSubstring("--group") && ContainsSubstring("empty"));
}
