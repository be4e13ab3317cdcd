// tidewheel run: rows and views of a pipeline in one process, from one decoding.
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
CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS events, sum(n) AS total FROM numbers GROUP BY store;
)";

// "rows, sum of rows, events of the view, total of the view".
std::string state(const Deployment& deployment) {
    return deployment.value(
        "SELECT concat_ws(' ', (SELECT count(*) FROM whole), (SELECT sum(n) FROM whole), "
        "(SELECT sum(events) FROM by_store), (SELECT sum(total) FROM by_store))");
}

std::string expected(int sent) {
    const std::string count = std::to_string(sent),
                      sum = std::to_string(static_cast<std::int64_t>(sent) * (sent - 1) / 2);
    return count + " " + sum + " " + count + " " + sum;
}

void await_rows(const Deployment& deployment, int more_than) {
    eventually("more rows", [&] {
        return std::stoi(deployment.value("SELECT count(*) FROM whole")) > more_than;
    });
}

}  // namespace

TEST_CASE("tidewheel run: rows and views are exact, and of the same records at any time") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    auto service = deployment.start_command({"run"});
    SteadyLoad load(deployment.topic(), 2);
    for (int kills = 0; kills < 3; ++kills) {
        await_rows(deployment, 500 + std::stoi(deployment.value("SELECT count(*) FROM whole")));
        CHECK(deployment.value("SELECT (SELECT count(*) FROM whole) = (SELECT sum(events) FROM "
                               "by_store)") == "t");
        service->signal(SIGKILL);
        service->wait();
        service = deployment.start_command({"run"});
    }
    const int sent = load.stop();
    deployment.arrive();
    CHECK(state(deployment) == expected(sent));
    CHECK(deployment.tidewheel({"verify"}).status == 0);
    CHECK(deployment.value("SELECT count(DISTINCT (owner, epoch, next_offset)) FROM "
                           "tidewheel.progress") == "2");  // a lane a partition
    CHECK(http::fetch("GET", admin_url(*service) + "/readyz").status == 200);
    service->signal(SIGTERM);
    CHECK(service->wait() == 0);
}

TEST_CASE("tidewheel run, workers and aggregators: the statements are not taken from each other") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    SteadyLoad load(deployment.topic(), 2);
    auto first = deployment.start_command({"run"});
    await_rows(deployment, 0);
    const std::string all_epochs =
        "SELECT string_agg(epoch::text, ' ' ORDER BY epoch) FROM tidewheel.progress";
    const std::string epochs = deployment.value(all_epochs);
    const std::string words = "the same statements are run by a member of consumer group";
    std::vector<std::unique_ptr<Process>> others;
    for (const char* name : {"tidewheel-worker", "tidewheel-aggregator"}) {
        others.push_back(deployment.start(name));
        eventually("it stands by",
                   [&] { return others.back()->errors().find(words) != std::string::npos; });
        const http::Response ready = http::fetch("GET", admin_url(*others.back()) + "/readyz");
        CHECK(ready.status == 503);
        CHECK_THAT(ready.body, ContainsSubstring(words));
    }
    CHECK(deployment.value(all_epochs) == epochs);

    first->signal(SIGTERM);
    CHECK(first->wait() == 0);
    await_rows(deployment, std::stoi(deployment.value("SELECT count(*) FROM whole")));
    auto again = deployment.start_command({"run"});
    eventually("it stands by", [&] { return again->errors().find(words) != std::string::npos; });
    const int sent = load.stop();
    deployment.arrive();
    CHECK(state(deployment) == expected(sent));
}

// Each has looked for others before the other one was there.
TEST_CASE("tidewheel run gives way to a worker that has joined at the same time") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    const std::string together = "TIDEWHEEL_FAILPOINTS=before_join=stop@1";
    auto all = deployment.start_command({"run"}, {together});
    auto rows = deployment.start("tidewheel-worker", {together});
    for (const Process* each : {all.get(), rows.get()})
        eventually("it is about to join", [&] { return each->stopped(); });
    for (Process* each : {all.get(), rows.get()})
        each->signal(SIGCONT);
    eventually("it gives way", [&] {
        return all->errors().find("the same statements are run by a member of consumer group") !=
               std::string::npos;
    });
    CHECK(rows->errors().find("the same statements") == std::string::npos);
    auto views = deployment.start("tidewheel-aggregator");
    SteadyLoad load(deployment.topic(), 2);
    eventually("there are records", [&] { return load.sent() >= 1000; });
    const int sent = load.stop();
    deployment.arrive();
    CHECK(state(deployment) == expected(sent));
}

TEST_CASE("tidewheel run has a command line of its own") {
    const std::string tidewheel = program("tidewheel");
    const Finished help = run({tidewheel, "run", "--help"});
    CHECK(help.status == 0);
    CHECK_THAT(help.output, ContainsSubstring("--batch-rows"));
    CHECK_THAT(run({tidewheel, "--help"}).output, ContainsSubstring("run "));
    const Finished late = run({tidewheel, "--kafka", "localhost:1", "run"});
    CHECK(late.status == 2);
    CHECK_THAT(late.errors, ContainsSubstring("settings of run stand after it"));
    CHECK(run({tidewheel, "run", "--no-such-setting"}).status == 2);
}
