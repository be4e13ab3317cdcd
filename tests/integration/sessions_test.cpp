// The lanes of a service share a few sessions of PostgreSQL, whatever the number of partitions.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "numbers.hpp"
#include "tidewheel/executor/session_pool.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr int partitions = 120;

constexpr const char* wide = R"(
CREATE FOREIGN TABLE wide (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '120');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM wide;
CREATE MATERIALIZED VIEW totals AS SELECT n % 7 AS rest, count(*) AS n FROM wide GROUP BY 1;
)";

// So many records for each partition.
void send_wide(const Deployment& deployment, int each) {
    kafka::Producer producer(deployment.kafka());
    for (int n = 0; n < each * partitions; ++n)
        producer.send(deployment.topic(),
                      {n % partitions, {}, R"({"n": )" + std::to_string(n) + "}", {}, 0});
    REQUIRE(producer.flush(60s));
}

// A role without any privilege: the reserved connections are not for it.
std::string guest_url(const std::string& url) {
    postgres::Connection(url).query("CREATE ROLE guest LOGIN PASSWORD 'guest'");
    const auto colon = url.find("://") + 3, at = url.find('@');
    return url.substr(0, colon) + "guest:guest" + url.substr(at);
}

}  // namespace

TEST_CASE("services with many partitions leave most connections to others, and everything arrives",
          "[outage]") {
    PrivatePostgres database({"TIDEWHEEL_POSTGRES_OPTIONS=max_connections=30"});
    Deployment deployment(database.url(), testing::kafka());
    REQUIRE(deployment.apply(wide).status == 0);
    const std::string guest = guest_url(database.url());
    send_wide(deployment, 50);
    const auto worker = deployment.start("tidewheel-worker"),
               aggregator = deployment.start("tidewheel-aggregator");
    long most = 0;
    eventually(
        "everything is applied, and others can connect at any time",
        [&] {
            postgres::Connection other(guest);
            const auto row = other.query(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
                "'tidewheel-%'")[0];
            most = std::max(most, static_cast<long>(row.integer(0)));
            return deployment.value("SELECT count(*) FROM stored") == "6000" &&
                   deployment.value("SELECT coalesce(sum(n), 0) FROM totals") == "6000";
        },
        120s);
    CHECK(most <= 2 * (4 + 2));
    CHECK(deployment.value("SELECT count(DISTINCT n) FROM stored") == "6000");
    // Kafka may answer late where 120 lanes ask at once.
    CHECK_THAT(worker->errors(), !ContainsSubstring("can't connect to PostgreSQL") &&
                                     !ContainsSubstring("connection slots"));
    for (Process* each : {worker.get(), aggregator.get()}) {
        each->signal(SIGTERM);
        CHECK(each->wait(12s) == 0);
    }
}

TEST_CASE("a service that gets fewer sessions than it may have works with those, and says it once",
          "[outage]") {
    PrivatePostgres database({"TIDEWHEEL_POSTGRES_OPTIONS=max_connections=14"});
    Deployment deployment(database.url(), testing::kafka());
    REQUIRE(deployment.apply(wide).status == 0);
    const std::string guest = guest_url(database.url());
    std::vector<std::unique_ptr<postgres::Connection>> others;
    for (int i = 0; i < 5; ++i)
        others.push_back(std::make_unique<postgres::Connection>(guest, "guest"));
    send_wide(deployment, 50);
    const auto worker = deployment.start("tidewheel-worker", {"TIDEWHEEL_SESSIONS=50"});
    eventually(
        "everything is applied",
        [&] { return deployment.value("SELECT count(*) FROM stored") == "6000"; }, 90s);
    postgres::Connection another(guest, "guest");
    eventually("it is said",
               [&] { return worker->errors().find("no more connections") != std::string::npos; });
    const std::string log = worker->errors();
    CHECK(log.find("no more connections") == log.rfind("no more connections"));
    CHECK_THAT(log, !ContainsSubstring("batch failed"));
    CHECK_THAT(http::fetch("GET", admin_url(*worker) + "/readyz").body, ContainsSubstring("ready"));
}

TEST_CASE("the number of sessions is limited, and waiting lanes get one in turn") {
    TemporaryDatabase database;
    executor::SessionPool pool(database.url(), "pool", 2);
    std::optional<executor::SessionPool::Lease> first(pool.lease({})), second(pool.lease({}));
    std::atomic<int> turn = 0;
    std::vector<int> turns(4);
    std::vector<std::thread> lanes;
    for (int lane = 0; lane < 4; ++lane) {
        std::atomic<bool> waits = false;
        lanes.emplace_back([&, lane, &signal = waits] {
            auto lease = pool.lease({"",
                                     [&signal, told = false]() mutable {
                                         if (!std::exchange(told, true)) signal = true;
                                         return true;
                                     },
                                     {}});
            turns[lane] = turn++;
            CHECK(lease.session().run("SELECT 1").size() == 1);
            lease.keep();
        });
        eventually("the lane waits", [&] { return waits.load(); });
    }
    CHECK(turn == 0);
    const int pid = first->session().backend_pid();
    first->keep();
    first.reset();
    for (std::thread& lane : lanes)
        lane.join();
    CHECK(turns == std::vector<int>{0, 1, 2, 3});
    auto again = pool.lease({});
    CHECK(again.session().backend_pid() == pid);
    eventually("what was closed is gone", [&] {
        return postgres::Connection(database.url())
                   .query(
                       "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pool'")[0]
                   .integer(0) == 2;
    });
}

TEST_CASE("a session goes to a lane that wants it as it is prepared") {
    TemporaryDatabase database;
    executor::SessionPool pool(database.url(), "pool", 2);
    std::map<std::string, int> pids;
    {
        auto a = pool.lease({"a", {}, {}}), b = pool.lease({"b", {}, {}});
        a.prepared("a");
        b.prepared("b");
        pids = {{"a", a.session().backend_pid()}, {"b", b.session().backend_pid()}};
        a.keep();
        b.keep();
    }
    for (const std::string wish : {"a", "b", "b", "a"}) {
        auto lease = pool.lease({wish, {}, {}});
        CHECK(lease.prepared_with() == wish);
        CHECK(lease.session().backend_pid() == pids.at(wish));
        lease.keep();
    }
}

TEST_CASE("what failed gets a new session, and never more than half of all") {
    TemporaryDatabase database;
    executor::SessionPool pool(database.url(), "pool", 2);
    int pid = 0;
    {
        auto lease = pool.lease({});
        pid = lease.session().backend_pid();
        lease.keep();
    }
    const auto now = Clock::system().now();
    auto retry = pool.lease({"", {}, now});
    CHECK(retry.session().backend_pid() != pid);
    CHECK_THROWS_AS(pool.lease({"", [] { return false; }, now}), Error);
    auto healthy = pool.lease({});
    CHECK(healthy.session().run("SELECT 1").size() == 1);
}

TEST_CASE("a lane that is stopped gives up to wait for a session") {
    TemporaryDatabase database;
    executor::SessionPool pool(database.url(), "pool", 1);
    auto lease = pool.lease({});
    CHECK_THROWS_AS(pool.lease({"", [] { return false; }, {}}), Error);
    lease.keep();
}

TEST_CASE("lanes that meet at the same keys in another order cost each other nothing but time") {
    Deployment deployment;
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE hot (k integer NOT NULL, n integer NOT NULL) SERVER "
                       "kafka OPTIONS (topic '{topic}', partitions '4');\n"
                       "CREATE TABLE firsts (k integer PRIMARY KEY, n integer);\n"
                       "CREATE TABLE lasts (k integer PRIMARY KEY, n integer);\n"
                       "INSERT INTO firsts SELECT k, n FROM hot ON CONFLICT (k) DO NOTHING;\n"
                       "INSERT INTO lasts SELECT k, n FROM hot ON CONFLICT (k) DO UPDATE SET n = "
                       "excluded.n;")
                .status == 0);
    constexpr int records = 30'000, keys = 9'973;
    kafka::Producer producer(deployment.kafka());
    for (int n = 0; n < records; ++n)  // half of the partitions meet the keys the other way round
        producer.send(deployment.topic(),
                      {n % 4,
                       {},
                       R"({"k": )" + std::to_string(n % 2 ? n % keys : keys - 1 - n % keys) +
                           R"(, "n": )" + std::to_string(n) + "}",
                       {},
                       0});
    REQUIRE(producer.flush(60s));
    const auto worker = deployment.start("tidewheel-worker");
    eventually(
        "everything is applied",
        [&] {
            return deployment.value(
                       "SELECT coalesce(sum(next_offset), 0) FROM "
                       "tidewheel.progress") == std::to_string(2 * records);
        },
        120s);
    CHECK_THAT(worker->errors(), !ContainsSubstring("deadlock") && !ContainsSubstring("failed"));
    for (const std::string table : {"firsts", "lasts"})
        CHECK(deployment.value("SELECT count(*) FROM " + table) == std::to_string(keys));
    std::printf("deadlocks: %s\n",
                deployment
                    .value("SELECT deadlocks FROM pg_stat_database WHERE datname = "
                           "current_database()")
                    .c_str());
}

TEST_CASE("a batch that every rebalance abandons becomes small enough to be committed") {
    Deployment deployment({"TIDEWHEEL_BATCH_ROWS=800"});
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE slow (n integer NOT NULL) SERVER kafka OPTIONS "
                       "(topic '{topic}', partitions '1');\n"
                       "CREATE TABLE stored (n integer);\n"
                       "INSERT INTO stored SELECT n FROM slow;")
                .status == 0);
    deployment.query(
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
        "pg_sleep(0.02); RETURN NEW; END'");
    deployment.query(
        "CREATE TRIGGER slowly BEFORE INSERT ON stored FOR EACH ROW EXECUTE FUNCTION slowly()");
    std::vector<std::string> records;
    for (int n = 0; n < 800; ++n)
        records.push_back(R"({"n": )" + std::to_string(n) + "}");
    deployment.send(0, records);
    const auto worker = deployment.start("tidewheel-worker");
    const auto abandoned = [&](const std::string& log) {
        std::size_t times = 0;
        for (auto at = log.find("abandoned"); at != std::string::npos;
             at = log.find("abandoned", at + 1))
            ++times;
        return times;
    };
    // Each new statement makes the stream's lane begin again; a batch has five seconds then.
    for (std::size_t round = 1; deployment.value("SELECT count(*) FROM stored") == "0"; ++round) {
        REQUIRE(round <= 4);
        eventually(
            "a batch is being committed",
            [&] {
                return deployment.value(
                           "SELECT count(*) > 0 FROM pg_stat_activity WHERE "
                           "wait_event = 'PgSleep' AND datname = "
                           "current_database()") == "t" ||
                       deployment.value("SELECT count(*) FROM stored") != "0";
            },
            30s);
        const std::string extra = "extra" + std::to_string(round);
        REQUIRE(deployment
                    .apply("CREATE TABLE " + extra + " (n integer);\nINSERT INTO " + extra +
                           " SELECT n FROM slow;")
                    .status == 0);
        eventually(
            "it is abandoned, or done",
            [&] {
                return abandoned(worker->errors()) >= round ||
                       deployment.value("SELECT count(*) FROM stored") != "0";
            },
            30s);
    }
    CHECK(abandoned(worker->errors()) >= 1);
}

TEST_CASE("sixty partitions with a backlog fit into the memory that compose gives a service") {
    Deployment deployment;
    REQUIRE(deployment
                .apply("CREATE FOREIGN TABLE big (n integer NOT NULL, filling text) SERVER kafka "
                       "OPTIONS (topic '{topic}', partitions '60');\n"
                       "CREATE TABLE stored (n integer, length integer);\n"
                       "INSERT INTO stored SELECT n, length(filling) FROM big;")
                .status == 0);
    kafka::Producer producer(deployment.kafka());
    constexpr int each = 1000, wide_partitions = 60;  // four megabytes for each
    const std::string filling(4000, 'x');
    for (int n = 0; n < each * wide_partitions; ++n)
        producer.send(deployment.topic(),
                      {n % wide_partitions,
                       {},
                       R"({"n": )" + std::to_string(n) + R"(, "filling": ")" + filling + "\"}",
                       {},
                       0});
    REQUIRE(producer.flush(120s));
    const auto worker = deployment.start("tidewheel-worker");
    eventually(
        "everything is applied",
        [&] {
            return deployment.value("SELECT count(*) FROM stored") ==
                   std::to_string(each * wide_partitions);
        },
        150s);
    std::ifstream status("/proc/" + std::to_string(worker->pid()) + "/status");
    long peak = 0;
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) peak = std::stol(line.substr(6));
    std::printf("peak memory of the worker: %ld kB\n", peak);
    CHECK(peak > 0);
    CHECK(peak < 256 * 1024);
    kafka::Admin(deployment.kafka()).delete_topic(deployment.topic());
}

TEST_CASE("a service that may open too few files says so at the start, and raises a soft limit") {
    Numbers numbers;
    numbers.send_more();
    const std::vector<std::string> environment{"TIDEWHEEL_DATABASE=" + numbers.url(),
                                               "TIDEWHEEL_KAFKA=" + numbers.kafka().brokers,
                                               "TIDEWHEEL_GROUP=" + unique("group")};
    const Finished refused = run(
        {"bash", "-c", "ulimit -n 40; exec \"$0\"", program("tidewheel-worker")}, environment, 20s);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, ContainsSubstring("may open 40 files"));
    Process raised({"bash", "-c", "ulimit -Sn 40; exec \"$0\"", program("tidewheel-worker")},
                   environment);
    eventually("it works", [&] { return numbers.progress("rows") == numbers.sent(); });
}
