// A topic that was recreated with fewer partitions.
#include "changes.hpp"
#include "tidewheel/kafka/admin.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("reset takes the loss of a partition for what it is: another topic") {
    Deployment deployment;
    require_applied(deployment, stream +
                                    "CREATE TABLE whole (n integer);\n"
                                    "INSERT INTO whole SELECT n FROM numbers;\n");
    deployment.send(0, numbers(0, 3));
    deployment.send(1, numbers(3, 5));
    {
        auto worker = deployment.start("tidewheel-worker");
        deployment.arrive();
    }
    kafka::Admin admin(testing::kafka());
    admin.delete_topic(deployment.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(deployment.topic()); });
    REQUIRE(admin.create_topic(deployment.topic(), 1));
    deployment.send(0, numbers(10, 15));  // reaches further than the old one
    deployment.must({"reset", "--topic-recreated", deployment.topic(), "--yes"});
    auto worker = deployment.start("tidewheel-worker");
    deployment.arrive();
    CHECK(deployment.value("SELECT string_agg(n::text, ' ' ORDER BY n) FROM whole") ==
          "0 1 2 3 4 10 11 12 13 14");
}

TEST_CASE("the loss of a partition is evidence also where nothing was read") {
    Deployment deployment;
    require_applied(deployment, R"(
CREATE FOREIGN TABLE routed (store text NOT NULL, n integer)
    SERVER kafka OPTIONS (topic '{topic}', partitions '2', route 'store', route_a '0', route_b '1');
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM routed;
CREATE TABLE pinned (n integer);
INSERT INTO pinned SELECT n FROM routed WHERE store = 'b';
)");
    kafka::Admin admin(testing::kafka());
    admin.delete_topic(deployment.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(deployment.topic()); });
    REQUIRE(admin.create_topic(deployment.topic(), 1));
    const Finished reset =
        deployment.tidewheel({"reset", "--topic-recreated", deployment.topic(), "--yes"});
    INFO(reset.output << reset.errors);
    CHECK(reset.status == 0);
    CHECK_THAT(reset.output, ContainsSubstring("pinned: reads nothing of topic") &&
                                 ContainsSubstring("whole: starts at the first records of topic"));
    CHECK(deployment.value("SELECT string_agg(name || partition, ' ') FROM tidewheel.progress JOIN "
                           "tidewheel.statements s ON s.id = statement_id") == "whole0");
}

TEST_CASE("reset says that a topic is gone, and forgets nothing") {
    Deployment deployment;
    require_applied(deployment, stream +
                                    "CREATE TABLE whole (n integer);\n"
                                    "INSERT INTO whole SELECT n FROM numbers;\n");
    deployment.query("UPDATE tidewheel.progress SET next_offset = 1");
    kafka::Admin admin(testing::kafka());
    admin.delete_topic(deployment.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(deployment.topic()); });
    CHECK(
        deployment.tidewheel({"reset", "--topic-recreated", deployment.topic(), "--yes"}).status ==
        4);
    CHECK(deployment.value("SELECT count(*) FROM tidewheel.progress WHERE next_offset = 1") == "2");
}
