// Several databases that share the partitions of a topic.
#include "several_databases.hpp"

#include <csignal>
#include <regex>

#include "steady_load.hpp"
#include "tidewheel/kafka/admin.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE numbers (n integer NOT NULL, store text NOT NULL, at timestamptz OPTIONS (timestamp 'true'))
    SERVER kafka OPTIONS (topic '{topic}', partitions '4', event_time 'at');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM numbers;
CREATE MATERIALIZED VIEW hourly AS
    SELECT store, date_trunc('hour', at) AS hour, count(*) AS records FROM numbers GROUP BY 1, 2;
)";

constexpr const char* partitions =
    "SELECT string_agg(DISTINCT partition::text, ',' ORDER BY partition::text) FROM ";
const std::string progress = std::string(partitions) + "tidewheel.progress";

// The one program on each database, and a view on the first over the tables of both, as
// docs/how-to/several-databases.md has it.
void make_union(const SeveralDatabases& databases) {
    std::smatch url;
    REQUIRE(std::regex_match(databases.url(1), url,
                             std::regex("postgresql://([^:]+):([^@]+)@([^:]+):(\\d+)/(.+)")));
    for (const std::string& command :
         {std::string("CREATE EXTENSION postgres_fdw"),
          "CREATE SERVER second FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '" + url.str(3) +
              "', port '" + url.str(4) + "', dbname '" + url.str(5) + "')",
          "CREATE USER MAPPING FOR CURRENT_USER SERVER second OPTIONS (user '" + url.str(1) +
              "', password '" + url.str(2) + "')",
          std::string("CREATE SCHEMA second"),
          std::string("IMPORT FOREIGN SCHEMA public LIMIT TO (whole, hourly) FROM SERVER second "
                      "INTO second"),
          std::string("CREATE VIEW all_whole AS TABLE whole UNION ALL TABLE second.whole"),
          std::string("CREATE VIEW all_hourly AS SELECT store, hour, sum(records) AS records FROM "
                      "(TABLE hourly UNION ALL TABLE second.hourly) AS each GROUP BY store, hour")})
        databases.query(0, command);
}

}  // namespace

TEST_CASE("databases that share a topic store each record once, also when a service is killed") {
    SeveralDatabases databases(2);
    databases.must({"init"});
    databases.must({"apply", databases.first().file(pipeline)});
    CHECK(databases.values(progress) == "0,2 | 1,3");
    const auto here = databases.start("tidewheel-worker", 0),
               here_too = databases.start("tidewheel-aggregator", 0);
    auto there =
        databases.first().start_command({"run"}, {"TIDEWHEEL_DATABASE=" + databases.url(1)});
    SteadyLoad load(databases.first().topic(), 4);
    const auto stored = [&](std::size_t i) {
        return std::stoi(databases.value(i, "SELECT count(*) FROM whole"));
    };
    eventually("both store records", [&] { return stored(0) > 1000 && stored(1) > 1000; });
    there->signal(SIGKILL);
    there->wait();
    const int before = stored(0);
    eventually("the other one goes on", [&] { return stored(0) > before + 1000; });
    there = databases.first().start_command({"run"}, {"TIDEWHEEL_DATABASE=" + databases.url(1)});
    const int sent = load.stop();
    databases.must({"status", "--wait"});

    // Record n is in partition n mod 4, and so in database n mod 2.
    CHECK(databases.values("SELECT count(*) FILTER (WHERE n % 2 = 0) || ',' || count(*) FILTER "
                           "(WHERE n % 2 = 1) FROM whole") ==
          std::to_string((sent + 1) / 2) + ",0 | 0," + std::to_string(sent / 2));
    make_union(databases);
    const std::string all = std::to_string(sent);
    CHECK(databases.value(0,
                          "SELECT count(DISTINCT n) || ',' || count(*) || ',' || max(n) + 1 FROM "
                          "all_whole") == all + ',' + all + ',' + all);
    CHECK(databases.value(0, "SELECT sum(records) FROM all_hourly") == all);

    databases.must({"verify"});
    for (const codec::Json& each : databases.json({"verify"})) {
        CHECK(each.find("exit_status")->integer() == 0);
        CHECK(each.find("result")->find("relations")->items().size() == 2);
    }
    CHECK(databases.values(progress) == "0,2 | 1,3");
    CHECK(databases.values(partitions + std::string("tidewheel.windows")) == "0,2 | 1,3");
}

TEST_CASE("status and verify judge several databases as one") {
    SeveralDatabases databases(2);
    databases.must({"init"});
    databases.must({"apply", databases.first().file(pipeline)});
    for (const int partition : {0, 1, 2})
        databases.first().send(partition, {R"({"n": 7, "store": "a"})"});
    const auto lags = [&] {
        std::string all;
        for (const codec::Json& each : databases.json({"status"}))
            all +=
                std::to_string(
                    each.find("result")->find("statements")->items().at(1).find("lag")->integer()) +
                " ";
        return all;
    };
    CHECK(lags() == "2 1 ");  // each waits for its own records alone
    const auto here = databases.first().start_command({"run"}),
               there = databases.first().start_command({"run"},
                                                       {"TIDEWHEEL_DATABASE=" + databases.url(1)});
    databases.must({"status", "--wait"});
    CHECK(lags() == "0 0 ");
    databases.must({"verify"});

    databases.query(1, "INSERT INTO whole VALUES (8)");
    const Finished differs = databases.tidewheel({"verify"});
    CHECK(differs.status == 1);
    CHECK_THAT(differs.output, ContainsSubstring("database 1 of 2, ") &&
                                   ContainsSubstring("database 2 of 2, ") &&
                                   ContainsSubstring("DIFFERS: 0 rows missing, 1 unexpected"));
    CHECK(databases.json({"verify"}).at(0).find("exit_status")->integer() == 0);
    CHECK(databases.json({"verify"}).at(1).find("exit_status")->integer() == 1);
    databases.query(1, "DELETE FROM whole WHERE n = 8");
    databases.must({"verify"});

    // A record that two databases have read is exact in each of them.
    databases.query(1,
                    "INSERT INTO tidewheel.progress (statement_id, topic, partition, next_offset) "
                    "SELECT id, '" +
                        databases.first().topic() +
                        "', 0, 1 FROM tidewheel.statements "
                        "WHERE name = 'whole'");
    databases.query(1, "INSERT INTO whole VALUES (7)");
    const Finished twice = databases.tidewheel({"verify", "whole"});
    CHECK(twice.status == 1);
    CHECK_THAT(twice.output,
               ContainsSubstring("[0] is not of this database, which has share 2 of 2"));
}

TEST_CASE("a list of other databases than were applied is refused, and nothing is changed") {
    SeveralDatabases databases(3);
    const std::string file = databases.first().file(pipeline);
    const std::string two = databases.list({databases.url(0), databases.url(1)});
    REQUIRE(databases.tidewheel({"init"}).status == 0);
    REQUIRE(databases.tidewheel({"apply", file}, two).status == 0);
    const std::string versions = databases.values("SELECT version FROM tidewheel.catalogue");
    const auto check_refused = [&](const std::string& list, const std::string& words) {
        for (const std::string command : {"apply", "plan", "status", "verify"}) {
            const auto arguments = command == "apply" || command == "plan"
                                       ? std::vector{command, file}
                                       : std::vector{command};
            const Finished refused = databases.tidewheel(arguments, list);
            INFO(command << ": " << refused.output << refused.errors);
            CHECK(refused.status == 2);
            CHECK_THAT(refused.errors, ContainsSubstring(words) &&
                                           ContainsSubstring("docs/how-to/several-databases.md"));
        }
        CHECK(databases.values("SELECT version FROM tidewheel.catalogue") == versions);
        CHECK(databases.values("SELECT share || '/' || shares FROM tidewheel.catalogue") ==
              "1/2 | 2/2 | 3/3");
    };
    const auto has = [](const std::string& stored, const std::string& given) {
        return "this database has share " + stored + " of the topics' partitions, not share " +
               given;
    };
    check_refused(databases.list({databases.url(0), databases.url(1), databases.url(2)}),
                  has("1 of 2", "1 of 3"));
    check_refused(databases.list({databases.url(1), databases.url(0)}), has("2 of 2", "1 of 2"));
    check_refused(databases.list({databases.url(0)}), has("1 of 2", "1 of 1"));
    const Finished other =
        databases.tidewheel({"apply", file}, databases.list({databases.url(2), databases.url(1)}));
    CHECK(other.status == 0);  // in place of the first one, if that were lost
}

TEST_CASE("a database of a list keeps its share where a command names it alone") {
    SeveralDatabases databases(2);
    const std::string file = databases.first().file(pipeline);
    databases.must({"init"});
    const auto shares = [&] {
        return databases.values("SELECT share || '/' || shares FROM tidewheel.catalogue");
    };
    CHECK(shares() == "1/2 | 2/2");
    CHECK(databases.first().tidewheel({"apply", file}).status == 0);
    CHECK(databases.value(0, progress) == "0,2");
    CHECK(databases.first().tidewheel({"drop", "--yes", "whole", "hourly"}).status == 0);
    CHECK(databases.first().tidewheel({"apply", file}).status == 0);
    CHECK(databases.value(0, progress) == "0,2");
    CHECK(shares() == "1/2 | 2/2");
    CHECK(databases.first().tidewheel({"status"}).status == 0);
}

TEST_CASE("a new database before those that were applied takes no share of them") {
    SeveralDatabases databases(3);
    const std::string file = databases.first().file(pipeline);
    databases.must({"init"});
    REQUIRE(
        databases.tidewheel({"apply", file}, databases.list({databases.url(1), databases.url(2)}))
            .status == 0);
    const Finished refused = databases.tidewheel({"apply", file});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors,
               ContainsSubstring("tidewheel: in database 2 of 3, ") &&
                   ContainsSubstring("of 3 databases, done: none; failed: 2; not tried: 1, 3"));
    CHECK(databases.value(0, "SELECT count(*) FROM tidewheel.streams") == "0");
}

TEST_CASE("an apply that fails on one of several databases says so, and is completed by another") {
    SeveralDatabases databases(3);
    const std::string file = databases.first().file(pipeline);
    databases.must({"init"});
    databases.query(1, "CREATE TABLE hourly (store text)");
    const Finished failed = databases.tidewheel({"apply", file});
    INFO(failed.output << failed.errors);
    CHECK(failed.status != 0);
    CHECK_THAT(failed.errors,
               ContainsSubstring("tidewheel: in database 2 of 3, ") &&
                   ContainsSubstring("of 3 databases, done: 1; failed: 2; not tried: 3") &&
                   ContainsSubstring("hint: Run the same command again"));
    const std::string statements = "SELECT count(*) FROM tidewheel.statements";
    CHECK(databases.values(statements) == "2 | 0 | 0");
    CHECK(databases.values(progress) == "0,3 | NULL | NULL");
    const auto documents = databases.json({"apply", file});
    CHECK(documents.at(0).find("exit_status")->integer() == 0);
    CHECK_FALSE(documents.at(0).find("result")->find("changed")->boolean());
    CHECK(documents.at(1).find("exit_status")->integer() == failed.status);
    CHECK(documents.at(1).find("error")->find("what"));
    CHECK(documents.at(2).find("exit_status")->is_null());

    const Finished status = databases.tidewheel({"status"});
    CHECK(status.status == 4);
    CHECK_THAT(status.errors, ContainsSubstring("nothing has been applied to this database, which "
                                                "would have share 3 of 3"));
    databases.query(1, "DROP TABLE hourly");
    databases.must({"apply", file});
    CHECK(databases.values(statements) == "2 | 2 | 2");
    CHECK(databases.values(progress) == "0,3 | 1 | 2");
    databases.must({"status"});
}

TEST_CASE("what a route pins, and what a topic gains, is shared, too") {
    SeveralDatabases databases(2);
    databases.must({"init"});
    // Before anything has been applied, both are in the groups of a single database.
    const auto here = databases.first().start_command({"run"}),
               there = databases.first().start_command({"run"},
                                                       {"TIDEWHEEL_DATABASE=" + databases.url(1)});
    const std::string file = databases.first().file(R"(
CREATE FOREIGN TABLE routed (store text NOT NULL, n integer)
    SERVER kafka OPTIONS (topic '{topic}', partitions '3', route 'store', route_a '0,1', route_b '2');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM routed;
CREATE TABLE pinned (n integer);
INSERT INTO pinned SELECT n FROM routed WHERE store = 'a';
CREATE TABLE other (n integer);
INSERT INTO other SELECT n FROM routed WHERE store = 'b';
)");
    databases.must({"apply", file});
    const std::string of =
        progress + " JOIN tidewheel.statements s ON s.id = statement_id WHERE s.name = ";
    CHECK(databases.values(of + "'whole'") == "0,2 | 1");
    CHECK(databases.values(of + "'pinned'") == "0 | 1");
    CHECK(databases.values(of + "'other'") == "2 | NULL");
    const Finished plan = databases.tidewheel({"plan"});
    CHECK_THAT(plan.output,
               ContainsSubstring("0, 2 of 3: share 1 of 2\n") &&
                   ContainsSubstring("1 of 3: share 2 of 2, WHERE pins store to a\n") &&
                   ContainsSubstring("none of 3: share 2 of 2, WHERE pins store to b\n"));
    kafka::Admin(testing::kafka()).add_partitions(databases.first().topic(), 5);
    const auto send = [&](int partition, const std::string& store) {
        databases.first().send(partition, {R"({"store": ")" + store + R"(", "n": )" +
                                           std::to_string(partition) + "}"});
    };
    for (const int partition : {0, 1})
        send(partition, "a");
    send(2, "b");
    for (const int partition : {3, 4})
        send(partition, "c");
    databases.must({"status", "--wait"});
    const std::string rows = "SELECT coalesce(string_agg(n::text, ',' ORDER BY n), 'none') FROM ";
    CHECK(databases.values(rows + "whole") == "0,2,4 | 1,3");
    CHECK(databases.values(rows + "pinned") == "0 | 1");
    CHECK(databases.values(rows + "other") == "2 | none");
    databases.must({"verify"});
}
