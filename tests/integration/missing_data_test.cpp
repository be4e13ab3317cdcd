// docs/how-to/missing-data.md does what it says: its own commands are run.
#include <fstream>
#include <iterator>

#include "tidewheel/http/client.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE events (n integer NOT NULL) SERVER kafka OPTIONS (topic '{topic}', partitions '2');
CREATE TABLE stored (n integer);
INSERT INTO stored SELECT n FROM events;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n, sum(n) AS total FROM events;
)";

// The shell block below a heading of the page, with the example's names replaced.
std::string commands_below(const std::string& heading,
                           const std::map<std::string, std::string>& replaced) {
    std::ifstream file(TIDEWHEEL_SOURCE_DIR "/docs/how-to/missing-data.md");
    const std::string page(std::istreambuf_iterator<char>(file), {});
    const std::string open = "```sh";
    const auto section = page.find("## " + heading);
    REQUIRE(section != std::string::npos);
    const auto begin = page.find('\n', page.find(open, section)) + 1;
    std::string commands = page.substr(begin, page.find("```", begin) - begin);
    for (const auto& [word, by] : replaced) {
        REQUIRE(commands.find(word) != std::string::npos);
        for (auto at = commands.find(word); at != std::string::npos;
             at = commands.find(word, at + by.size()))
            commands.replace(at, word.size(), by);
    }
    return commands;
}

void do_what_the_page_says(const Deployment& deployment, const std::string& commands) {
    const std::string programs = program("tidewheel");
    const Finished finished = run(
        {"bash", "-euc", "PATH=" + programs.substr(0, programs.rfind('/')) + ":$PATH\n" + commands},
        {"TIDEWHEEL_DATABASE=" + deployment.url(), "TIDEWHEEL_KAFKA=" + testing::kafka().brokers});
    INFO(commands << finished.output << finished.errors);
    REQUIRE(finished.status == 0);
}

std::string stored(const Deployment& deployment) {
    return deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM stored");
}

void stands_still(const Deployment& deployment, const Process& worker) {
    eventually("the lane has stopped",
               [&] { return worker.errors().find("data is missing") != std::string::npos; });
    CHECK_THAT(worker.errors(), ContainsSubstring("docs/how-to/missing-data.md") &&
                                    ContainsSubstring("tidewheel reset"));
    CHECK(deployment.tidewheel({"status", "--wait", "--timeout", "30"}).status == 4);
}

}  // namespace

TEST_CASE("after records were deleted, the page's commands continue with those that are left") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, {R"({"n": 0})"});
    deployment.send(1, {R"({"n": 10})", R"({"n": 11})", R"({"n": 12})"});
    // The worker has read one record of partition 1, and the view all of them.
    deployment.query(
        "UPDATE tidewheel.progress SET next_offset = 1 WHERE partition = 1 AND statement_id = "
        "(SELECT id FROM tidewheel.statements WHERE kind = 'rows')");
    {
        auto aggregator = deployment.start("tidewheel-aggregator");
        eventually("the view has all", [&] {
            return deployment.value("SELECT coalesce(max(n), 0) FROM totals") == "4";
        });
    }
    kafka::Admin(testing::kafka()).delete_records(deployment.topic(), 1, 2);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    stands_still(deployment, *worker);
    CHECK(stored(deployment) == "0");

    do_what_the_page_says(
        deployment, commands_below("Records were deleted", {{"discounted_events", "stored"}}));
    deployment.arrive();
    CHECK(stored(deployment) == "0 12");
    CHECK(deployment.value("SELECT begin_offset || '-' || end_offset || ' ' || reason FROM "
                           "tidewheel.skipped") == "1-2 retention was too short");
    CHECK(deployment.value("SELECT n || ' ' || total FROM totals") == "4 33");
}

TEST_CASE("after a topic was recreated, the page's commands continue with the new one") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    const auto start = [&] { return deployment.start("tidewheel-worker"); };
    {
        auto worker = start(), aggregator = deployment.start("tidewheel-aggregator");
        deployment.send(0, {R"({"n": 0})", "bad", R"({"n": 1})"});
        deployment.send(1, {R"({"n": 2})"});
        deployment.arrive();
    }
    // While it is still the old one, all would be counted twice.
    CHECK(
        deployment.tidewheel({"reset", "--topic-recreated", deployment.topic(), "--yes"}).status ==
        3);
    kafka::Admin admin(testing::kafka());
    admin.delete_topic(deployment.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(deployment.topic()); });
    REQUIRE(admin.create_topic(deployment.topic(), 2));
    deployment.send(0, {R"({"n": 100})", "bad, too"});
    deployment.send(1, {R"({"n": 101})", R"({"n": 102})"});
    auto worker = start(), aggregator = deployment.start("tidewheel-aggregator");
    stands_still(deployment, *worker);

    do_what_the_page_says(deployment, commands_below("The topic was created again",
                                                     {{"store-events", deployment.topic()}}));
    deployment.arrive();
    // Partition 1 had grown past where it was, and was recognized by its record: now both have been
    // read from the start.
    CHECK_THAT(stored(deployment), ContainsSubstring("0 1 2 100 101 102"));
    CHECK(deployment.value("SELECT convert_from(payload, 'UTF8') FROM tidewheel.dead_letters") ==
          "bad, too");
}

TEST_CASE(
    "a statement that is further on continues when a neighbour behind it wants records that are "
    "gone") {
    Deployment deployment;
    REQUIRE(deployment
                .apply(std::string(pipeline) +
                       "CREATE TABLE behind (n integer);\nINSERT INTO behind SELECT n FROM "
                       "events;\n")
                .status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    const auto rows = [&](const std::string& table) {
        return deployment.value("SELECT coalesce(string_agg(n::text, ' ' ORDER BY n), '') FROM " +
                                table);
    };
    deployment.send(0, {R"({"n": 0})"});
    deployment.send(1, {R"({"n": 10})"});
    deployment.arrive();
    deployment.must({"pause", "behind"});
    deployment.send(0, {R"({"n": 1})", R"({"n": 2})", R"({"n": 3})"});
    deployment.send(1, {R"({"n": 11})"});
    eventually("the neighbour is further on", [&] { return rows("stored") == "0 1 2 3 10 11"; });
    kafka::Admin(testing::kafka()).delete_records(deployment.topic(), 0, 3);
    deployment.must({"resume", "behind"});
    const std::string ready = admin_url(*worker) + "/readyz";
    eventually("the worker names the statement and its partition", [&] {
        return http::fetch("GET", ready)
                   .body.find("statement behind in " + deployment.topic() + "/0: quarantined: ") !=
               std::string::npos;
    });
    CHECK(deployment.tidewheel({"status", "--wait", "--timeout", "30"}).status == 4);
    deployment.send(0, {R"({"n": 4})"});
    eventually("the neighbour goes on", [&] { return rows("stored") == "0 1 2 3 4 10 11"; });
    eventually("in the other partition both do", [&] { return rows("behind") == "0 10 11"; });
    deployment.must({"reset", "behind", "--partition", "0", "--to", "earliest", "--yes"});
    deployment.arrive();
    CHECK(rows("behind") == "0 3 4 10 11");
    CHECK(rows("stored") == "0 1 2 3 4 10 11");
    eventually("the worker is ready", [&] { return http::fetch("GET", ready).status == 200; });
}

TEST_CASE(
    "what begins after retention has deleted records is verified completely, and is seen so") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, {R"({"n": 0})"});
    deployment.send(1, {R"({"n": 10})", R"({"n": 11})", R"({"n": 12})"});
    kafka::Admin(testing::kafka()).delete_records(deployment.topic(), 1, 2);
    {
        auto worker = deployment.start("tidewheel-worker"),
             aggregator = deployment.start("tidewheel-aggregator");
        deployment.arrive();
    }
    CHECK(stored(deployment) == "0 12");
    const Finished planned = deployment.tidewheel(
        {"plan", deployment.file(std::string(pipeline) +
                                 "CREATE MATERIALIZED VIEW late AS SELECT count(*) AS n FROM "
                                 "events;\n")});
    CHECK_THAT(planned.output, ContainsSubstring("begins at offset 2 of partition 1") &&
                                   ContainsSubstring("late begins with those that are left"));
    CHECK(deployment.value("SELECT DISTINCT partition || ': ' || begin_offset || '-' || end_offset "
                           "|| ' ' || reason FROM tidewheel.skipped") ==
          "1: 0-2 the topic began there");
    const Finished verified = deployment.tidewheel({"verify"});
    INFO(verified.output << verified.errors);
    CHECK(verified.status == 0);
    deployment.query("DELETE FROM stored WHERE n = 12");
    CHECK(deployment.tidewheel({"verify", "stored"}).status == 1);

    CHECK_THAT(deployment.tidewheel({"status"}).output,
               ContainsSubstring("different ") && ContainsSubstring("equal "));
    auto worker = deployment.start("tidewheel-worker");
    const std::string url = admin_url(*worker);
    const auto shows = [&](const std::string& series) {
        return http::fetch("GET", url + "/metrics").body.find(series) != std::string::npos;
    };
    eventually("the last verification is a metric", [&] {
        return shows("tidewheel_verified_different{statement=\"stored\"} 1") &&
               shows("tidewheel_verified_seconds{statement=\"stored\"}") &&
               shows("tidewheel_dead_letters{statement=\"stored\"} 0");
    });
    CHECK(shows("process_resident_memory_bytes"));
}
