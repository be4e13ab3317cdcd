#include <csignal>

#include "applied.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/servers.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* numbers = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL, at timestamptz NOT NULL)
    SERVER kafka OPTIONS (topic '{topic}', partitions '4', event_time 'at');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM numbers WHERE n % 2 = 0;
CREATE MATERIALIZED VIEW totals AS SELECT date_trunc('hour', at) AS hour, count(*) AS n, sum(n) AS total FROM numbers GROUP BY 1;
)";

std::vector<std::string> some_numbers(int first, int last) {
    std::vector<std::string> values;
    for (int n = first; n < last; ++n)
        values.push_back(R"({"n": )" + std::to_string(n) + R"(, "at": "2026-01-01T0)" +
                         std::to_string(n % 5) + R"(:00:00Z"})");
    return values;
}

void send_everywhere(const Deployment& deployment, int count) {
    for (int partition = 0; partition < 4; ++partition)
        deployment.send(partition, some_numbers(partition * count, (partition + 1) * count));
}

// Every even number from 0 to 4 * count is stored once, and the totals are those of all numbers.
void check_exact(const Deployment& deployment, int count) {
    CHECK(deployment.value("SELECT count(*) || ' ' || count(DISTINCT n) || ' ' || coalesce(max(n), "
                           "-1) FROM stored") == std::to_string(2 * count) + " " +
                                                     std::to_string(2 * count) + " " +
                                                     std::to_string(4 * count - 2));
    CHECK(deployment.value("SELECT sum(n) || ' ' || sum(total) FROM totals") ==
          std::to_string(4 * count) + " " + std::to_string(4LL * count * (4LL * count - 1) / 2));
    deployment.must({"verify"});
}

// Records that statements of this kind have applied so far.
long applied_by(const Deployment& deployment, const std::string& kind) {
    return std::stol(deployment.value(
        "SELECT coalesce(sum(p.records), 0) FROM tidewheel.progress p JOIN tidewheel.statements s"
        " ON s.id = p.statement_id WHERE s.kind = '" +
        kind + "'"));
}

std::string owners(const Deployment& deployment) {
    return deployment.value(
        "SELECT count(DISTINCT owner) FROM tidewheel.progress JOIN tidewheel.statements s ON s.id "
        "= statement_id WHERE s.kind = 'rows'");
}

void stop_in_order(Process& service) {
    service.signal(SIGTERM);
    const int status = service.wait(std::chrono::seconds(10));
    INFO(service.errors());
    CHECK(status == 0);
}

}  // namespace

TEST_CASE(
    "two workers and two aggregators share the partitions, and lose and double nothing when one "
    "goes and comes back") {
    Deployment deployment;
    require_applied(deployment.apply(numbers));
    auto first = deployment.start("tidewheel-worker"),
         views = deployment.start("tidewheel-aggregator");
    send_everywhere(deployment, 500);
    deployment.arrive();
    auto second = deployment.start("tidewheel-worker"),
         more_views = deployment.start("tidewheel-aggregator");
    eventually("both workers own partitions", [&] { return owners(deployment) == "2"; });
    for (int partition = 0; partition < 4; ++partition)
        deployment.send(partition,
                        some_numbers(2000 + partition * 500, 2000 + (partition + 1) * 500));
    deployment.arrive();
    stop_in_order(*first);
    stop_in_order(*more_views);
    for (int partition = 0; partition < 4; ++partition)
        deployment.send(partition,
                        some_numbers(4000 + partition * 500, 4000 + (partition + 1) * 500));
    deployment.arrive();
    check_exact(deployment, 1500);
    stop_in_order(*second);
    stop_in_order(*views);
}

TEST_CASE("a service that is killed in the middle of its work loses and doubles nothing") {
    Deployment deployment({"TIDEWHEEL_BATCH_ROWS=50"});
    require_applied(deployment.apply(numbers));
    send_everywhere(deployment, 3000);
    for (const auto& [name, kind] :
         {std::pair{"tidewheel-worker", "rows"}, std::pair{"tidewheel-aggregator", "view"}}) {
        for (int kills = 1; kills <= 3; ++kills) {
            auto service = deployment.start(name);
            eventually("some batches are committed",
                       [&] { return applied_by(deployment, kind) >= kills * 1000; });
            service->signal(SIGKILL);
            service->wait();
        }
    }
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    check_exact(deployment, 3000);
}

TEST_CASE(
    "a service that is stopped under load ends within ten seconds with status 0, and another "
    "continues exactly there") {
    Deployment deployment({"TIDEWHEEL_BATCH_ROWS=100"});
    require_applied(deployment.apply(numbers));
    send_everywhere(deployment, 5000);
    for (const auto& [name, kind] :
         {std::pair{"tidewheel-worker", "rows"}, std::pair{"tidewheel-aggregator", "view"}}) {
        auto service = deployment.start(name);
        eventually("work has begun", [&] { return applied_by(deployment, kind) > 0; });
        stop_in_order(*service);
    }
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    check_exact(deployment, 5000);
    stop_in_order(*worker);
    // Lag tools see where we are.
    for (const auto& [partition, offset] :
         kafka::Admin(testing::kafka())
             .group_offsets(deployment.topic() + ".worker", deployment.topic(), 4))
        CHECK(offset == 5000);
}

TEST_CASE(
    "a statement that is applied later fills itself from the start of the topic, its neighbours "
    "undisturbed") {
    Deployment deployment;
    require_applied(deployment.apply(numbers));
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    send_everywhere(deployment, 300);
    deployment.arrive();
    require_applied(deployment.apply(std::string(numbers) + R"(
        CREATE TABLE odd (n integer PRIMARY KEY);
        INSERT INTO odd SELECT n FROM numbers WHERE n % 2 = 1 ON CONFLICT DO NOTHING;
        CREATE MATERIALIZED VIEW all_time AS SELECT count(*) AS n, max(n) AS largest FROM numbers;)"));
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FROM odd") == "600");
    CHECK(deployment.value("SELECT n || ' ' || largest FROM all_time") == "1200 1199");
    check_exact(deployment, 300);
}

TEST_CASE("services answer health and metrics, and the four counts add up") {
    Deployment deployment;
    require_applied(deployment.apply(numbers));
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, {R"({"n": 2, "at": "2026-01-01"})", R"({"n": 3, "at": "2026-01-01"})",
                        R"({"n": "x", "at": "2026-01-01"})", "@tombstone"});
    const std::string url = admin_url(*worker);
    CHECK(http::fetch("GET", url + "/healthz").status == 200);
    eventually("the worker is ready",
               [&] { return http::fetch("GET", url + "/readyz").status == 200; });
    eventually("four records are consumed", [&] {
        return deployment.value(
                   "SELECT records FROM tidewheel.progress p JOIN tidewheel.statements s ON s.id = "
                   "p.statement_id"
                   " WHERE s.kind = 'rows' AND partition = 0") == "4";
    });
    std::string metrics;
    const std::string lane =
        "{partition=\"0\",stream=\"numbers\",topic=\"" + deployment.topic() + "\"} ";
    eventually("the batch is counted", [&] {
        metrics = http::fetch("GET", url + "/metrics").body;
        return metrics.find("tidewheel_records_consumed_total" + lane + "4") != std::string::npos;
    });
    INFO(metrics);
    CHECK(metrics.find("tidewheel_records_accepted_total" + lane + "2") != std::string::npos);
    CHECK(metrics.find("reason=\"wrong_type\",stream=\"numbers\",topic=\"" + deployment.topic() +
                       "\"} 1") != std::string::npos);
    CHECK(metrics.find("reason=\"tombstone\",stream=\"numbers\",topic=\"" + deployment.topic() +
                       "\"} 1") != std::string::npos);
    CHECK(metrics.find("tidewheel_rows_written_total{statement=\"stored\"} 1") !=
          std::string::npos);
    CHECK(metrics.find("tidewheel_latency_seconds_count{statement=\"stored\"} 4") !=
          std::string::npos);
    const auto number_at = [&](const std::string& series) {
        const std::size_t at = metrics.find(series);
        return at == std::string::npos ? -1 : std::stod(metrics.substr(at + series.size()));
    };
    for (const char* stage : {"decode", "stage", "rules", "rows", "views", "progress", "commit"}) {
        INFO(stage);
        const std::string labels = "{stage=\"" + std::string(stage) +
                                   "\",stream=\"numbers\",topic=\"" + deployment.topic() + "\"} ";
        CHECK(number_at("tidewheel_stage_seconds_count" + labels) >= 1);
        if (stage != std::string("views"))
            CHECK(number_at("tidewheel_stage_seconds_sum" + labels) > 0);
    }
}

TEST_CASE("a wrong password ends a service at once with a clear error") {
    Deployment deployment;
    std::string url = deployment.url();
    const auto at = url.find('@');
    const auto colon = url.rfind(':', at);
    url.replace(colon + 1, at - colon - 1, "wrong");
    auto worker = deployment.start("tidewheel-worker", {"TIDEWHEEL_DATABASE=" + url});
    const int status = worker->wait(std::chrono::seconds(20));
    INFO(worker->errors());
    CHECK(status == 2);
    CHECK(worker->errors().find("password") != std::string::npos);
    CHECK(worker->errors().find("wrong") == std::string::npos);
}

TEST_CASE("a service whose topic is gone waits for it, not ready, and names it") {
    Deployment deployment;
    require_applied(deployment.apply(numbers));
    kafka::Admin(testing::kafka()).delete_topic(deployment.topic());
    auto worker = deployment.start("tidewheel-worker");
    const std::string ready = admin_url(*worker) + "/readyz";
    eventually("the worker names the topic", [&] {
        const http::Response answer = http::fetch("GET", ready);
        return answer.status == 503 &&
               answer.body.find("topic " + deployment.topic()) != std::string::npos;
    });
    CHECK(worker->running());
    stop_in_order(*worker);
}

TEST_CASE("a service waits for unavailable servers, says so, and continues when they return",
          "[outage]") {
    PrivateKafka broker;
    PrivatePostgres database;
    Deployment deployment(database.url(), broker.settings());
    require_applied(deployment.apply(numbers));
    send_everywhere(deployment, 200);
    SECTION("the database") {
        database.stop();
        auto worker = deployment.start("tidewheel-worker"),
             aggregator = deployment.start("tidewheel-aggregator");
        eventually("the worker says that it waits",
                   [&] { return worker->errors().find("waiting") != std::string::npos; });
        database.start();
        deployment.arrive();
        check_exact(deployment, 200);
    }
    SECTION("the broker") {
        broker.stop();
        auto worker = deployment.start("tidewheel-worker"),
             aggregator = deployment.start("tidewheel-aggregator");
        const std::string url = admin_url(*worker);
        eventually("the worker says that no broker answers", [&] {
            return http::fetch("GET", url + "/readyz").body.find("broker") != std::string::npos;
        });
        broker.start();
        deployment.arrive();
        check_exact(deployment, 200);
    }
    SECTION("both, in the middle of the work") {
        auto worker = deployment.start("tidewheel-worker"),
             aggregator = deployment.start("tidewheel-aggregator");
        deployment.arrive();
        database.kill();
        broker.kill();
        database.start();
        broker.start();
        for (int partition = 0; partition < 4; ++partition)
            deployment.send(partition,
                            some_numbers(800 + partition * 200, 800 + (partition + 1) * 200));
        deployment.arrive();
        check_exact(deployment, 400);
        CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    }
}
