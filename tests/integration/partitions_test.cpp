// Partitions that a topic gains while its stream is at work.
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE events (n integer NOT NULL, kind text NOT NULL) SERVER kafka
    OPTIONS (topic '{topic}', partitions '2', route 'kind', route_even '0', route_odd '1');
CREATE TABLE every (n integer);
INSERT INTO every SELECT n FROM events;
CREATE TABLE only_odd (n integer);
INSERT INTO only_odd SELECT n FROM events WHERE kind = 'odd';
CREATE MATERIALIZED VIEW kinds AS SELECT kind, count(*) AS n FROM events GROUP BY kind;
)";

}  // namespace

TEST_CASE("partitions that are added are read from their start by what reads all partitions") {
    Deployment deployment;
    REQUIRE(deployment.apply(pipeline).status == 0);
    auto worker = deployment.start("tidewheel-worker"),
         aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n": 2, "kind": "even"})"});
    deployment.send(1, {R"({"n": 1, "kind": "odd"})"});
    deployment.arrive();

    kafka::Admin(testing::kafka()).add_partitions(deployment.topic(), 4);
    deployment.send(3, {R"({"n": 3, "kind": "other"})", R"({"n": 4, "kind": "other"})"});
    eventually("the added partitions are read", [&] {
        return deployment.value("SELECT count(*) FROM every") == "4" &&
               deployment.value("SELECT coalesce(max(n), 0) FROM kinds WHERE kind = 'other'") ==
                   "2";
    });
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM every") == "1 2 3 4");
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM only_odd") == "1");
    // Pinned to partition 1, the statement has no progress beyond it: there is nothing for it.
    CHECK(deployment.value("SELECT string_agg(s.name || p.partition, ' ' ORDER BY s.name, "
                           "p.partition) FROM tidewheel.progress p JOIN tidewheel.statements s ON "
                           "s.id = p.statement_id WHERE s.kind = 'rows'") ==
          "every0 every1 every2 every3 only_odd1");
    deployment.must({"verify"});
}
