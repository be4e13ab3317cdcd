// tidewheel pause and resume, while the services run.
#include "steady_load.hpp"
#include "tidewheel/codec/json.hpp"
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
CREATE TABLE even (n integer);
INSERT INTO even SELECT n FROM numbers WHERE n % 2 = 0;
CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n, sum(n) AS sum FROM numbers;
CREATE MATERIALIZED VIEW by_store AS SELECT store, count(*) AS n FROM numbers GROUP BY store;
)";

std::string what_is_stored(const Deployment& deployment) {
    return deployment.value(
        "SELECT (SELECT count(*) FROM even) || ' ' || (SELECT n FROM total) || ' ' || (SELECT "
        "string_agg(partition || ':' || next_offset, ' ' ORDER BY statement_id, partition) FROM "
        "tidewheel.progress WHERE statement_id IN (SELECT id FROM tidewheel.statements WHERE name "
        "IN ('even', 'total')))");
}

int whole(const Deployment& deployment) {
    return std::stoi(deployment.value("SELECT count(*) FROM whole"));
}

}  // namespace

TEST_CASE(
    "nothing of a paused statement is stored once pause returned, others go on, and resume catches "
    "up exactly once") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    SteadyLoad load(deployment.topic(), 2);
    for (int round = 0; round < 3; ++round) {
        const int begun_at = whole(deployment);
        eventually("records flow", [&] { return whole(deployment) > begun_at; });
        deployment.must({"pause", "even", "total"});
        const std::string stored = what_is_stored(deployment);
        const int before = whole(deployment);
        eventually("the others go on", [&] { return whole(deployment) > before + 500; });
        CHECK(what_is_stored(deployment) == stored);
        deployment.must({"resume", "even", "total"});
    }
    const int sent = load.stop();
    deployment.arrive();
    CHECK(whole(deployment) == sent);
    CHECK(deployment.value("SELECT count(DISTINCT n) || ' ' || count(*) FROM even") ==
          std::to_string((sent + 1) / 2) + " " + std::to_string((sent + 1) / 2));
    CHECK(deployment.value("SELECT sum(n) FROM by_store") == std::to_string(sent));
    const Finished verified = deployment.tidewheel({"verify"});
    INFO(verified.output);
    CHECK(verified.status == 0);
}

TEST_CASE("pause and resume may be repeated, and say so, and status shows who is paused") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    deployment.send(0, {R"({"n": 1, "store": "a"})"});
    const Finished first = deployment.tidewheel({"pause", "even", "even"});
    CHECK(first.output == "even: paused\n");
    const std::string version = deployment.value("SELECT version FROM tidewheel.catalogue");
    const Finished second = deployment.tidewheel({"pause", "even"});
    CHECK(second.status == 0);
    CHECK(second.output == "even: was already paused\n");
    CHECK(deployment.value("SELECT version FROM tidewheel.catalogue") == version);

    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    const Finished status = deployment.tidewheel({"status", "--wait", "--timeout", "60"});
    CHECK(status.status == 0);
    CHECK_THAT(status.output, ContainsSubstring("paused"));
    CHECK_THAT(status.errors, ContainsSubstring("not waiting for even, which is paused"));
    CHECK(whole(deployment) == 1);
    CHECK(deployment.value("SELECT count(*) FROM even") == "0");

    const Finished as_json = deployment.tidewheel({"--json", "resume", "even", "whole"});
    CHECK(as_json.status == 0);
    const auto statements = codec::Json::parse(as_json.output).value().find("statements")->items();
    CHECK(statements.at(0).find("changed")->dump() == "true");
    CHECK(statements.at(1).find("changed")->dump() == "false");
    const Finished unknown = deployment.tidewheel({"pause", "nothing"});
    CHECK(unknown.status == 2);
    CHECK_THAT(unknown.errors, ContainsSubstring("there is no statement, sink or stream nothing"));
}
