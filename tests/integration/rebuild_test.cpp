// tidewheel rebuild: a view recomputed beside the old one, while it is in use.
#include <csignal>

#include "applied.hpp"
#include "random_kills.hpp"
#include "steady_load.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL CHECK (n >= 0), store text NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum, avg(n) AS mean FROM numbers;
CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n, 100 / min(n + 1) AS share FROM numbers GROUP BY store;
COMMENT ON MATERIALIZED VIEW total IS 'of all';
)";

std::vector<std::string> numbers(int first, int last) {
    std::vector<std::string> values;
    for (int n = first; n < last; ++n)
        values.push_back(R"({"n": )" + std::to_string(n) + R"(, "store": "s)" +
                         std::to_string(n % 7) + "\"}");
    return values;
}

void verifies(const Deployment& deployment) {
    check_verified(deployment, {"total", "by_store"});
}

// Nothing but the catalogue's own tables and one state table a view.
void left_nothing(const Deployment& deployment) {
    CHECK(deployment.value(
              "SELECT count(*) FROM tidewheel.statements WHERE rebuilds IS NOT NULL") == "0");
    CHECK(deployment.value("SELECT count(*) FROM pg_class c WHERE relnamespace = "
                           "'tidewheel'::regnamespace AND relname LIKE 'state\\_%' AND relkind = "
                           "'r'") == "2");
}

// Reads the view all the time. It must never fail, never be empty, and never go back.
class Reader {
  public:
    explicit Reader(const Deployment& deployment)
        : thread_([this, &deployment](std::stop_token stop) {
              try {
                  postgres::Connection connection(deployment.url());
                  long last = 0;
                  while (!stop.stop_requested()) {
                      const auto rows = connection.query("SELECT n FROM total");
                      const long now = rows.empty() ? -1 : rows[0].integer(0);
                      if (now < last)
                          failure_ = std::to_string(now) + " after " + std::to_string(last);
                      last = now;
                      ++reads_;
                  }
              } catch (const std::exception& error) {
                  failure_ = error.what();
              }
          }) {}
    std::string failure() {
        thread_.request_stop();
        thread_.join();
        return failure_;
    }
    int reads() const { return reads_; }

  private:
    std::string failure_;
    std::atomic<int> reads_ = 0;
    std::jthread thread_;
};

std::unique_ptr<Process> start_rebuild(const Deployment& deployment, const std::string& view) {
    return deployment.start_command({"rebuild", view});
}

std::string shadow(const Deployment& deployment) {
    return deployment.value(
        "SELECT coalesce(max(state_table), '') FROM tidewheel.statements WHERE rebuilds IS NOT "
        "NULL");
}

}  // namespace

TEST_CASE("a rebuild repairs a state that was corrupted, while nothing else runs") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, numbers(0, 500));
    deployment.send(1, numbers(500, 1000));
    deployment.send(1, {"bad", R"({"n": -1, "store": "s1"})"});
    {
        auto worker = deployment.start("tidewheel-worker"),
             aggregator = deployment.start("tidewheel-aggregator");
        deployment.arrive();
    }
    deployment.query("CREATE VIEW dependent AS SELECT n FROM total");
    deployment.query("GRANT SELECT ON total TO PUBLIC");
    deployment.query("ALTER VIEW total SET (security_invoker = true)");
    deployment.query("GRANT SELECT ON tidewheel.state_total TO PUBLIC");
    deployment.query("UPDATE tidewheel.state_total SET a1 = a1 + 1");
    deployment.query("DELETE FROM tidewheel.state_by_store WHERE k1 = 's3'");
    CHECK(deployment.tidewheel({"verify", "total"}).status == 1);

    const Finished rebuilt = deployment.tidewheel({"rebuild", "total"});
    INFO(rebuilt.output << rebuilt.errors);
    REQUIRE(rebuilt.status == 0);
    CHECK_THAT(rebuilt.output, ContainsSubstring("total: rebuilt from 1,002 records"));
    deployment.must({"rebuild", "by_store"});
    verifies(deployment);
    left_nothing(deployment);
    CHECK(deployment.value("SELECT n FROM dependent") == "1000");
    CHECK(deployment.value("SELECT obj_description('total'::regclass)") == "of all");
    CHECK(deployment.value("SELECT has_table_privilege('public', 'total', 'SELECT') AND "
                           "'security_invoker=true' = ANY (reloptions) FROM pg_class WHERE oid = "
                           "'total'::regclass") == "t");
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "2");

    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, numbers(1000, 1100));
    eventually("the aggregator goes on with the new state",
               [&] { return deployment.value("SELECT n FROM total") == "1100"; });
}

TEST_CASE("a rebuild under load: readers never see less, and every record counts once") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator"),
         second = deployment.start("tidewheel-aggregator");
    SteadyLoad load(deployment.topic(), 2);
    eventually("records flow", [&] {
        return deployment.value("SELECT coalesce(max(n), 0) > 1000 FROM total") == "t";
    });
    Reader reader(deployment);
    for (int round = 0; round < 3; ++round) {
        const Finished rebuilt = deployment.tidewheel({"rebuild", "total"});
        INFO(rebuilt.output << rebuilt.errors);
        REQUIRE(rebuilt.status == 0);
        const long before = std::stol(deployment.value("SELECT n FROM total"));
        eventually("the aggregator goes on",
                   [&] { return std::stol(deployment.value("SELECT n FROM total")) > before; });
    }
    const int sent = load.stop();
    deployment.arrive();
    CHECK(reader.failure().empty());
    CHECK(reader.reads() > 10);
    CHECK(deployment.value("SELECT n FROM total") == std::to_string(sent));
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == std::to_string(sent));
    verifies(deployment);
    left_nothing(deployment);
}

TEST_CASE("a rebuild that is killed at any time leaves the old state or the new one") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, numbers(0, 20000));
    deployment.send(1, numbers(20000, 40000));
    auto aggregator = deployment.start("tidewheel-aggregator"),
         worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    RandomKills rebuilds(7, std::chrono::milliseconds(1500));
    for (int round = 0; round < 12; ++round) {
        rebuilds.run(deployment, {"rebuild", "by_store"});
        deployment.send(round % 2, numbers(40000 + round, 40001 + round));
        verifies(deployment);
    }
    CHECK(rebuilds.killed() > 2);
    deployment.must({"rebuild", "by_store"});
    deployment.arrive();
    verifies(deployment);
    left_nothing(deployment);
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == "40012");
}

TEST_CASE("a view that is in use is waited for, and a killed rebuild continues where it was") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, numbers(0, 1000));
    auto aggregator = deployment.start("tidewheel-aggregator"),
         worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    std::string state_table;
    {
        postgres::Connection user(deployment.url());
        postgres::Transaction reading(user);
        reading.query("SELECT n FROM total");
        auto command = start_rebuild(deployment, "total");
        eventually("all is computed, but for the swap", [&] {
            return deployment.value(
                       "SELECT coalesce(sum(next_offset), 0) FROM tidewheel.progress JOIN "
                       "tidewheel.statements s ON s.id = statement_id WHERE rebuilds IS NOT "
                       "NULL") == "1000";
        });
        state_table = shadow(deployment);
        const Finished second = deployment.tidewheel({"rebuild", "total"});
        CHECK(second.status == 5);
        CHECK_THAT(second.errors, ContainsSubstring("is being rebuilt by another command"));
        CHECK(deployment.value("SELECT n FROM total") == "1000");  // others read on
        command->signal(SIGKILL);
        command->wait();
    }
    CHECK(shadow(deployment) == state_table);
    deployment.must({"rebuild", "total"});
    CHECK(deployment.value("SELECT state_table FROM tidewheel.statements WHERE name = 'total'") ==
          state_table);
    verifies(deployment);
    left_nothing(deployment);
}

TEST_CASE("dropping a view takes what a killed rebuild left of it") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, numbers(0, 100));
    auto aggregator = deployment.start("tidewheel-aggregator"),
         worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    {
        postgres::Connection user(deployment.url());
        postgres::Transaction reading(user);
        reading.query("SELECT n FROM total");
        auto command = start_rebuild(deployment, "total");
        eventually("the rebuild is there", [&] { return !shadow(deployment).empty(); });
        command->signal(SIGKILL);
        command->wait();
    }
    deployment.must({"drop", "--yes", "total"});
    CHECK(deployment.value("SELECT count(*) FROM pg_class WHERE relnamespace = "
                           "'tidewheel'::regnamespace AND relname LIKE 'state_total%' AND relkind "
                           "= 'r'") == "0");
}

TEST_CASE("what a view refused is judged again, and what its stream refused stays a dead letter") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, {R"({"n": 2147483647, "store": "a"})", R"({"n": 1, "store": "a"})", "bad"});
    auto aggregator = deployment.start("tidewheel-aggregator"),
         worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    const std::string letters =
        "SELECT string_agg(\"offset\" || ' ' || coalesce(name, '-'), ', ' ORDER BY \"offset\") "
        "FROM "
        "tidewheel.dead_letters LEFT JOIN tidewheel.statements s ON s.id = statement_id";
    CHECK(deployment.value(letters) == "0 by_store, 2 -");
    deployment.must({"rebuild", "by_store"});
    CHECK(deployment.value(letters) == "0 by_store, 2 -");
    CHECK(deployment.value("SELECT n FROM by_store") == "1");
}

TEST_CASE("a rebuild without the topic's beginning is refused, unless it is wanted") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, numbers(0, 10));
    auto aggregator = deployment.start("tidewheel-aggregator"),
         worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    kafka::Admin(testing::kafka()).delete_records(deployment.topic(), 0, 4);
    const Finished refused = deployment.tidewheel({"rebuild", "total"});
    CHECK(refused.status == 4);
    CHECK_THAT(refused.errors, ContainsSubstring("has lost its first 4 offsets"));
    CHECK(deployment.value("SELECT n FROM total") == "10");
    const Finished done = deployment.tidewheel({"rebuild", "total", "--from-what-is-left"});
    REQUIRE(done.status == 0);
    CHECK_THAT(done.errors,
               ContainsSubstring("--from-what-is-left is now --allow-truncated-topic"));
    CHECK(deployment.value("SELECT n || ' ' || sum FROM total") == "6 39");
    CHECK(deployment.value("SELECT begin_offset || '-' || end_offset FROM tidewheel.skipped") ==
          "0-4");
    CHECK(deployment.tidewheel({"rebuild", "whole"}).status == 2);
}

TEST_CASE("a rebuild of what is left keeps the dead letters of what is gone") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    const std::string too_large = R"({"n": 2147483647, "store": "a"})",
                      fits = R"({"n": 1, "store": "a"})";
    deployment.send(0, {too_large, fits, fits, too_large, fits});
    auto aggregator = deployment.start("tidewheel-aggregator"),
         worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    const std::string letters =
        "SELECT string_agg(\"offset\" || ' ' || cardinality(missed_by), ', ' ORDER BY \"offset\") "
        "FROM tidewheel.dead_letters";
    REQUIRE(deployment.value(letters) == "0 1, 3 1");
    kafka::Admin(testing::kafka()).delete_records(deployment.topic(), 0, 2);
    deployment.must({"rebuild", "by_store", "--allow-truncated-topic"});
    CHECK(deployment.value("SELECT n FROM by_store") == "2");
    CHECK(deployment.value(letters) == "0 1, 3 1");
    CHECK(deployment.value("SELECT count(payload) FROM tidewheel.dead_letters") == "2");
}
