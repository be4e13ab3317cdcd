#include "tidewheel/testing/stack.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string count_databases(const std::string& url, const std::string& name) {
    return postgres::Connection(url)
        .query("SELECT count(*) FROM pg_database WHERE datname = $1", {name})
        .at(0)
        .text(0);
}

std::string with_password(const std::string& url, const std::string& password) {
    const std::size_t begin = url.find(':', url.find("://") + 3) + 1;
    return url.substr(0, begin) + password + url.substr(url.find('@'));
}

std::string contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string line(const std::string& path) {
    const std::string text = contents(path);
    return text.substr(0, text.find('\n'));
}

// What `./dev demo NAME` prints, with servers of its own, which are gone afterwards.
std::string output_of_demo(const std::string& name, std::vector<std::string> environment) {
    const std::filesystem::path state =
        std::filesystem::temp_directory_path() / unique("tidewheel-demo");
    std::filesystem::create_directory(state);
    std::filesystem::permissions(state, std::filesystem::perms(0711));
    const std::string dev = TIDEWHEEL_SOURCE_DIR "/dev";
    const std::string programs = std::filesystem::path(program("tidewheel")).parent_path();
    environment.push_back("TIDEWHEEL_STATE=" + state.string());
    environment.push_back("TIDEWHEEL_BIN=" + programs);
    const Finished demo = run({dev, "demo", name}, environment, std::chrono::minutes(5));
    const Finished down = run({dev, "down", "--wipe"}, environment, std::chrono::minutes(2));
    const Finished after = run({dev, "env"}, environment);
    std::filesystem::remove_all(state);
    INFO(demo.output << demo.errors << down.errors);
    CHECK(demo.status == 0);
    CHECK(down.status == 0);
    CHECK(after.status != 0);
    return demo.output;
}

}  // namespace

TEST_CASE(
    "a temporary database is there for its time, and dropped although somebody is connected") {
    TemporaryDatabase bystander;
    std::optional<TemporaryDatabase> database(std::in_place);
    const std::string name = database->name();
    CHECK(count_databases(bystander.url(), name) == "1");
    postgres::Connection visitor(database->url());
    CHECK(visitor.query("SELECT current_database()").at(0).text(0) == name);
    database.reset();
    CHECK(count_databases(bystander.url(), name) == "0");
}

TEST_CASE(
    "a service of the local stack is started again when it ends, until its supervisor is told") {
    const std::string files = unique_path("private", "supervised");
    const std::string script = std::string(TIDEWHEEL_SOURCE_DIR) + "/deploy/stack/supervise";
    std::filesystem::create_directories(std::filesystem::path(files).parent_path());
    // It fails twice, and then runs for as long as it is let.
    Process supervisor({script, files, "bash", "-c",
                        "[[ $(wc -l <" + files +
                            ".ends) -ge 2 ]] 2>/dev/null && exec tail -f "
                            "/dev/null; exit 7"});
    eventually("a third start", [&] {
        return contents(files + ".ends").ends_with(" 7\n") &&
               std::ranges::count(contents(files + ".ends"), '\n') == 2 &&
               contents("/proc/" + line(files + ".pid") + "/cmdline").starts_with("tail");
    });
    CHECK(line(files + ".supervisor") == std::to_string(supervisor.pid()));
    const std::string service = line(files + ".pid");
    supervisor.signal(SIGTERM);
    CHECK(supervisor.wait(std::chrono::seconds(10)) == 0);
    CHECK_FALSE(std::filesystem::exists("/proc/" + service));
    CHECK_FALSE(std::filesystem::exists(files + ".supervisor"));
    CHECK(std::ranges::count(contents(files + ".ends"), '\n') == 2);
    for (const char* each : {".pid", ".ends"})
        std::filesystem::remove(files + each);
}

TEST_CASE("./dev demo leads from nothing to exact views, and down --wipe leaves nothing running") {
    const std::string output = output_of_demo("retail", {});
    for (const char* table : {"discounted_events", "sales_daily", "sales_hourly"})
        CHECK_THAT(output,
                   ContainsSubstring(std::string(table) + " (public." + table + "): equal: "));
}

TEST_CASE("./dev demo products ends with exact products, and all changes at every subscriber") {
    const std::string output = output_of_demo(
        "products", {"TIDEWHEEL_STACK_DEMO_COUNT=4000", "TIDEWHEEL_STACK_DEMO_RATE=500"});
    CHECK_THAT(output, ContainsSubstring("from what was sent:\nequal\n"));
    CHECK_THAT(output, ContainsSubstring("products (public.products): equal: "));
    CHECK_THAT(output, ContainsSubstring("subscriber-3: {\"requests\": "));
}

TEST_CASE("./dev demo orders ends with exact views, and a cache that follows the categories") {
    const std::string output = output_of_demo(
        "orders", {"TIDEWHEEL_STACK_DEMO_COUNT=3000", "TIDEWHEEL_STACK_DEMO_RATE=1500",
                   "TIDEWHEEL_STACK_DEMO_CHANGES=10", "TIDEWHEEL_STACK_DEMO_SEED=1"});
    CHECK_THAT(output, ContainsSubstring("10 changes: p50 "));
    for (const char* each : {"orders", "order_lines", "orders_hourly", "orders_daily",
                             "orders_by_region", "top_products", "popular_categories"})
        CHECK_THAT(output, Catch::Matchers::Matches("[^]*\n" + std::string(each) +
                                                    ": [0-9]+ rows, equal\n[^]*"));
    CHECK_THAT(output, ContainsSubstring("lines_of_region2 (public.lines_of_region2): equal: "));
}

TEST_CASE("./dev demo trades ends with exact trades, runs that were counted, and an alert") {
    const std::string output = output_of_demo(
        "trades", {"TIDEWHEEL_STACK_DEMO_COUNT=600", "TIDEWHEEL_STACK_DEMO_RATE=150"});
    for (const char* each : {"trades", "assets", "enriched_trades", "dead letters"})
        CHECK_THAT(output, Catch::Matchers::Matches("[^]*\n" + std::string(each) +
                                                    ": [0-9]+ rows, equal\n[^]*"));
    CHECK_THAT(output, ContainsSubstring("Metrics loaded successfully, rows added -> ") &&
                           ContainsSubstring("Suspicious rows count = 0, alert was sent.") &&
                           ContainsSubstring("\"rows\": 1, \"repeated\": 0}"));
    CHECK_THAT(output, ContainsSubstring("trades (public.trades): equal: "));
}

TEST_CASE("the local PostgreSQL refuses a wrong password") {
    TemporaryDatabase database;
    try {
        postgres::Connection intruder(with_password(database.url(), "wrong"));
        FAIL("the wrong password was accepted");
    } catch (const postgres::DatabaseError& error) {
        CHECK(error.sqlstate() == "28P01");
        CHECK(error.kind() == Error::Kind::setting);
    }
}

TEST_CASE(
    "a private PostgreSQL that is killed comes back under its port with what it had committed",
    "[outage]") {
    PrivatePostgres server;
    const std::string url = server.url();
    postgres::Connection(url).query("CREATE TABLE kept AS SELECT 42 AS answer");

    server.kill();
    CHECK_THROWS_AS(postgres::Connection(url), Error);
    server.start();
    CHECK(server.url() == url);
    CHECK(postgres::Connection(url).query("SELECT answer FROM kept").at(0).integer(0) == 42);
}

TEST_CASE("a private PostgreSQL can stop and start in order", "[outage]") {
    PrivatePostgres server;
    server.stop();
    server.stop();
    CHECK_THROWS_AS(postgres::Connection(server.url()), Error);
    server.start();
    server.start();
    CHECK(postgres::Connection(server.url()).query("SELECT 1").at(0).integer(0) == 1);
}

TEST_CASE("a private Kafka that is killed comes back under its port with its topics", "[outage]") {
    PrivateKafka server;
    const std::string address = server.settings().brokers;
    CHECK(kafka::Admin(server.settings()).create_topic("kept", 3));

    server.kill();
    CHECK_THROWS_AS(kafka::Admin(server.settings(), std::chrono::seconds(1)).partitions("kept"),
                    Error);
    server.start();
    CHECK(server.settings().brokers == address);
    CHECK(kafka::Admin(server.settings()).partitions("kept") == 3);
}

TEST_CASE("a frozen Kafka answers nothing, and everything again when it thaws", "[outage]") {
    PrivateKafka server;
    server.freeze();
    CHECK_THROWS_AS(kafka::Admin(server.settings(), std::chrono::seconds(1)).partitions("none"),
                    Error);
    server.thaw();
    CHECK(kafka::Admin(server.settings()).partitions("none") == std::nullopt);
}

TEST_CASE("a process whose threads come and go is not taken for gone") {
    const std::jthread restless([](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 30; ++i)
                threads.emplace_back(std::this_thread::yield);
        }
    });
    const std::string script =
        "set -euo pipefail; server=test; dir=/tmp; source '" TIDEWHEEL_SOURCE_DIR
        "/deploy/stack/server.sh'; for i in {1..200}; do ! gone " +
        std::to_string(getpid()) + " || exit 1; done";
    CHECK(run({"/bin/bash", "-c", script}).status == 0);
}
