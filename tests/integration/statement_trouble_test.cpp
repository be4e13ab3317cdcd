#include <csignal>

#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// One statement's trouble, or one topic's, stays its own.
using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
CREATE TABLE even (n integer);
INSERT INTO even SELECT n FROM numbers WHERE n % 2 = 0;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM numbers;
CREATE FOREIGN TABLE others (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}_other', partitions '1');
CREATE TABLE others_whole (n integer);
INSERT INTO others_whole SELECT n FROM others;
)";

std::vector<std::string> numbers(int first, int last) {
    std::vector<std::string> values;
    for (int n = first; n < last; ++n)
        values.push_back(R"({"n": )" + std::to_string(n) + "}");
    return values;
}

void send_other(const Deployment& deployment, const std::string& value) {
    kafka::Producer producer(testing::kafka());
    producer.send(deployment.topic() + "_other", {0, std::nullopt, std::string_view(value), {}, 0});
    REQUIRE(producer.flush(std::chrono::seconds(20)));
}

void require_applied(const Finished& applied) {
    INFO(applied.output << applied.errors);
    REQUIRE(applied.status == 0);
}

void holds(const Deployment& deployment, const std::string& table, int rows) {
    eventually(table + " holds " + std::to_string(rows) + " rows", [&] {
        return deployment.value("SELECT count(*) FROM " + table) == std::to_string(rows);
    });
}

}  // namespace

TEST_CASE(
    "a statement whose table is gone stops alone, is named, and catches up exactly once when it is "
    "mended") {
    Deployment deployment;
    require_applied(deployment.apply(pipeline));
    std::unique_ptr<Process> worker;
    SECTION("while the worker runs") {
        worker = deployment.start("tidewheel-worker");
        deployment.send(0, numbers(0, 10));
        holds(deployment, "even", 5);
        deployment.query("ALTER TABLE even RENAME TO hidden");
    }
    SECTION("before it starts") {
        deployment.send(0, numbers(0, 10));
        deployment.query("ALTER TABLE even RENAME TO hidden");
        worker = deployment.start("tidewheel-worker");
    }
    deployment.send(0, numbers(10, 20));
    holds(deployment, "whole", 20);
    const std::string ready = admin_url(*worker) + "/readyz";
    eventually("the worker names the statement",
               [&] { return http::fetch("GET", ready).body.find("even") != std::string::npos; });
    CHECK(http::fetch("GET", ready).status == 503);
    CHECK(http::fetch("GET", admin_url(*worker) + "/metrics")
              .body.find("tidewheel_statements_stopped 1") != std::string::npos);
    deployment.query("ALTER TABLE hidden RENAME TO even");
    deployment.send(0, numbers(20, 30));
    holds(deployment, "even", 15);
    holds(deployment, "whole", 30);
    CHECK(deployment.value("SELECT count(DISTINCT n) FROM even") == "15");
    CHECK(deployment.value("SELECT count(DISTINCT n) FROM whole") == "30");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    eventually("the worker is ready", [&] { return http::fetch("GET", ready).status == 200; });
}

TEST_CASE(
    "a statement whose function fails over its records waits alone, and catches up exactly once "
    "when it is mended") {
    Deployment deployment;
    require_applied(deployment.apply(
        std::string(pipeline) +
        "CREATE TABLE prices (n integer, price integer);\n"
        "CREATE FUNCTION price_of(integer) RETURNS integer LANGUAGE plpgsql STABLE AS $$ BEGIN "
        "RETURN coalesce((SELECT price FROM prices p WHERE p.n = $1), 1); END $$;\n"
        "CREATE TABLE priced (n integer, price integer);\n"
        "INSERT INTO priced SELECT n, price_of(n) FROM numbers;\n"
        "CREATE MATERIALIZED VIEW revenue AS SELECT sum(price_of(n)) AS sum FROM numbers;\n"));
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, numbers(0, 10));
    holds(deployment, "priced", 10);
    deployment.query("ALTER TABLE prices RENAME TO hidden");
    for (int first = 10; first < 50; first += 10) {
        deployment.send(0, numbers(first, first + 10));
        holds(deployment, "whole", first + 10);
        eventually("the neighbouring view goes on", [&] {
            return deployment.value("SELECT n FROM total") == std::to_string(first + 10);
        });
    }
    for (const auto& [service, statement] :
         {std::pair{worker.get(), "priced"}, std::pair{aggregator.get(), "revenue"}}) {
        const std::string ready = admin_url(*service) + "/readyz";
        eventually(std::string(statement) + " is named", [&, name = statement] {
            return http::fetch("GET", ready).body.find(name) != std::string::npos;
        });
        CHECK(http::fetch("GET", ready).body.find("prices") != std::string::npos);
    }
    CHECK(deployment.value("SELECT count(*) FROM priced") == "10");
    deployment.query("ALTER TABLE hidden RENAME TO prices");
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) || ' ' || count(DISTINCT n) FROM priced") == "50 50");
    CHECK(deployment.value("SELECT count(*) || ' ' || count(DISTINCT n) FROM whole") == "50 50");
    CHECK(deployment.value("SELECT sum FROM revenue") == "50");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
}

TEST_CASE("a permission that is taken away stops its statement alone, and parks nothing") {
    Deployment deployment;
    require_applied(deployment.apply(pipeline));
    const std::string role = unique("writer");
    deployment.query("CREATE ROLE " + role + " LOGIN SUPERUSER PASSWORD 'secret'");
    std::string url = deployment.url();
    const auto user = url.find("://") + 3;
    url.replace(user, url.find('@') - user, role + ":secret");
    auto worker = deployment.start("tidewheel-worker", {"TIDEWHEEL_DATABASE=" + url});
    deployment.send(0, numbers(0, 10));
    holds(deployment, "even", 5);
    deployment.query("GRANT ALL ON ALL TABLES IN SCHEMA public, tidewheel TO " + role);
    deployment.query("GRANT ALL ON ALL SEQUENCES IN SCHEMA tidewheel TO " + role);
    deployment.query("GRANT USAGE ON SCHEMA tidewheel TO " + role);
    deployment.query("REVOKE INSERT ON even FROM " + role);
    deployment.query("ALTER ROLE " + role + " NOSUPERUSER");
    deployment.send(0, numbers(10, 20));
    holds(deployment, "whole", 20);
    CHECK(deployment.value("SELECT count(*) FROM even") == "5");
    deployment.query("GRANT INSERT ON even TO " + role);
    holds(deployment, "even", 10);
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    worker->signal(SIGTERM);
    worker->wait(std::chrono::seconds(12));
    deployment.query("DROP OWNED BY " + role);
    deployment.query("DROP ROLE " + role);
}

TEST_CASE("a batch that waits for a lock makes its service not ready, with the lag that stands") {
    Deployment deployment({"TIDEWHEEL_STALL_AFTER=1s"});
    require_applied(deployment.apply(pipeline));
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, numbers(0, 10));
    holds(deployment, "whole", 10);
    const std::string admin = admin_url(*worker);
    {
        postgres::Connection other(deployment.url());
        postgres::Transaction holder(other);
        holder.run("LOCK TABLE whole");
        deployment.send(0, numbers(10, 20));
        eventually("the worker is not ready", [&] {
            const http::Response ready = http::fetch("GET", admin + "/readyz");
            return ready.status == 503 && ready.body.find("lag of 10") != std::string::npos;
        });
        CHECK(http::fetch("GET", admin + "/metrics")
                  .body.find("tidewheel_lag_records{partition=\"0\",topic=\"" + deployment.topic() +
                             "\"} 10") != std::string::npos);
        eventually("it doesn't wait for the lock for ever",
                   [&] { return worker->errors().find("lock timeout") != std::string::npos; });
    }
    holds(deployment, "whole", 20);
    eventually("the worker is ready",
               [&] { return http::fetch("GET", admin + "/readyz").status == 200; });
}

TEST_CASE("a topic that is deleted while services run stops its own streams alone") {
    Deployment deployment;
    require_applied(deployment.apply(pipeline));
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, numbers(0, 10));
    send_other(deployment, R"({"n": 1})");
    holds(deployment, "whole", 10);
    holds(deployment, "others_whole", 1);
    kafka::Admin(testing::kafka()).delete_topic(deployment.topic());
    const std::string admin = admin_url(*worker);
    eventually("the worker names the topic", [&] {
        return http::fetch("GET", admin + "/readyz").body.find(deployment.topic()) !=
               std::string::npos;
    });
    send_other(deployment, R"({"n": 2})");
    holds(deployment, "others_whole", 2);
    worker->signal(SIGTERM);
    CHECK(worker->wait(std::chrono::seconds(12)) == 0);
}
