#include <csignal>
#include <thread>

#include "applied.hpp"
#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// A failure of one statement, or one topic, does not affect others.
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

void holds(const Deployment& deployment, const std::string& table, int rows) {
    eventually(table + " holds " + std::to_string(rows) + " rows", [&] {
        return deployment.value("SELECT count(*) FROM " + table) == std::to_string(rows);
    });
}

// A role with no more rights than a worker needs, gone with the object.
class Writer {
  public:
    explicit Writer(const Deployment& deployment)
        : deployment_(deployment), role_(unique("writer")) {
        deployment.query("CREATE ROLE " + role_ + " LOGIN PASSWORD 'secret'");
        deployment.query("GRANT ALL ON ALL TABLES IN SCHEMA public, tidewheel TO " + role_);
        deployment.query("GRANT ALL ON ALL SEQUENCES IN SCHEMA tidewheel TO " + role_);
        deployment.query("GRANT USAGE ON SCHEMA tidewheel TO " + role_);
    }
    ~Writer() {
        deployment_.query("DROP OWNED BY " + role_);
        deployment_.query("DROP ROLE " + role_);
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    const std::string& role() const { return role_; }
    std::unique_ptr<Process> start_worker() const {
        std::string url = deployment_.url();
        const auto user = url.find("://") + 3;
        url.replace(user, url.find('@') - user, role_ + ":secret");
        return deployment_.start("tidewheel-worker", {"TIDEWHEEL_DATABASE=" + url});
    }

  private:
    const Deployment& deployment_;
    std::string role_;
};

}  // namespace

TEST_CASE(
    "a statement whose table is gone stops alone, is named, and catches up exactly once when it is "
    "repaired") {
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
    eventually("the worker names the statement", [&] {
        return http::fetch("GET", ready).body.find("statement even: quarantined: ") !=
               std::string::npos;
    });
    CHECK(http::fetch("GET", ready).status == 503);
    eventually("the metric counts it", [&] {
        return http::fetch("GET", admin_url(*worker) + "/metrics")
                   .body.find("tidewheel_statements_stopped 1") != std::string::npos;
    });
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
    "when it is repaired") {
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

TEST_CASE("a target of DO UPDATE that is gone when its lanes reconnect stops its statement alone") {
    Deployment deployment;
    require_applied(deployment.apply(std::string(pipeline) +
                                     "CREATE TABLE latest (rest integer PRIMARY KEY, n integer);\n"
                                     "INSERT INTO latest SELECT n % 10, n FROM numbers"
                                     " ON CONFLICT (rest) DO UPDATE SET n = excluded.n;\n"));
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, numbers(0, 10));
    holds(deployment, "latest", 10);
    deployment.query("ALTER TABLE latest RENAME TO hidden");
    deployment.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE"
        " 'tidewheel-worker %' AND datname = current_database()");
    deployment.send(0, numbers(10, 20));
    holds(deployment, "whole", 20);
    CHECK(deployment.value("SELECT max(n) FROM hidden") == "9");
    deployment.query("ALTER TABLE hidden RENAME TO latest");
    eventually("the statement catches up", [&] {
        return deployment.value("SELECT min(n) || ' ' || max(n) FROM latest") == "10 19";
    });
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
}

TEST_CASE(
    "a table that is renamed in the middle of a batch makes no dead letters of its good rows") {
    Deployment deployment;
    require_applied(deployment.apply(R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '1');
CREATE TABLE whole (n integer PRIMARY KEY CHECK (n <> 7));
INSERT INTO whole SELECT n FROM numbers;
)"));
    deployment.send(0, numbers(0, 10));
    // The batch is refused for 7, and about to be tried carefully.
    auto worker = deployment.start("tidewheel-worker", {"TIDEWHEEL_FAILPOINTS=before_rows=stop@2"});
    eventually("the worker stops", [&] { return worker->stopped(); });
    postgres::Connection guest(deployment.url()), owner(deployment.url());
    auto holding = std::make_unique<postgres::Transaction>(guest);
    holding->run("INSERT INTO whole VALUES (5)");
    worker->signal(SIGCONT);
    const auto waits = [&](const std::string& query) {
        eventually(query + " waits", [&] {
            return deployment.value(
                       "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                       " current_database() AND wait_event_type = 'Lock' AND query"
                       " LIKE '" +
                       query + "%'") == "1";
        });
    };
    waits("INSERT");  // for 5
    std::jthread rename([&] { owner.query("ALTER TABLE whole RENAME TO hidden"); });
    waits("ALTER");  // for the batch, whose range is rolled back when it comes to 7
    holding.reset();
    rename.join();
    const std::string ready = admin_url(*worker) + "/readyz";
    eventually("the statement is named",
               [&] { return http::fetch("GET", ready).body.find("whole") != std::string::npos; });
    CHECK_THAT(http::fetch("GET", ready).body,
               !Catch::Matchers::ContainsSubstring("quarantined: statement whole:"));
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    deployment.query("ALTER TABLE hidden RENAME TO whole");
    deployment.arrive();
    CHECK(deployment.value("SELECT count(*) FROM whole") == "9");
    CHECK(deployment.value(
              "SELECT string_agg(\"offset\"::text, ' ') FROM tidewheel.dead_letters") == "7");
}

TEST_CASE("a table that is locked when services begin stops its statement alone") {
    Deployment deployment;
    require_applied(deployment.apply(pipeline));
    postgres::Connection other(deployment.url());
    auto holder = std::make_unique<postgres::Transaction>(other);
    holder->run("LOCK TABLE even");
    auto worker = deployment.start("tidewheel-worker");
    deployment.send(0, numbers(0, 10));
    send_other(deployment, R"({"n": 1})");
    holds(deployment, "whole", 10);
    holds(deployment, "others_whole", 1);
    holder.reset();
    holds(deployment, "even", 5);
}

TEST_CASE("a permission that is taken away stops its statement alone, and parks nothing") {
    Deployment deployment;
    require_applied(deployment.apply(pipeline));
    const Writer writer(deployment);
    auto worker = writer.start_worker();
    deployment.send(0, numbers(0, 10));
    holds(deployment, "even", 5);
    deployment.query("REVOKE INSERT ON even FROM " + writer.role());
    deployment.send(0, numbers(10, 20));
    holds(deployment, "whole", 20);
    CHECK(deployment.value("SELECT count(*) FROM even") == "5");
    deployment.query("GRANT INSERT ON even TO " + writer.role());
    holds(deployment, "even", 10);
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.dead_letters") == "0");
    worker->signal(SIGTERM);
    worker->wait(std::chrono::seconds(12));
}

TEST_CASE("a row that a policy refuses is a dead letter, and its neighbours are stored") {
    Deployment deployment;
    require_applied(deployment.apply(pipeline));
    const Writer writer(deployment);
    deployment.query("ALTER TABLE even ENABLE ROW LEVEL SECURITY");
    deployment.query("CREATE POLICY picky ON even USING (true) WITH CHECK (n <> 4)");
    auto worker = writer.start_worker();
    deployment.send(0, numbers(0, 10));
    holds(deployment, "even", 4);
    holds(deployment, "whole", 10);
    CHECK(deployment.value("SELECT string_agg(\"offset\" || ' ' || reason, ', ') FROM "
                           "tidewheel.dead_letters") == "4 target_refused");
    worker->signal(SIGTERM);
    worker->wait(std::chrono::seconds(12));
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
                  .body.find("tidewheel_lag_records{partition=\"0\",stream=\"numbers\",topic=\"" +
                             deployment.topic() + "\"} 10") != std::string::npos);
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
