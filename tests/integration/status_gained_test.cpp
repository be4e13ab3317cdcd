// What waits in partitions that the topic has gained, before a service has noticed.
#include "changes.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/kafka/admin.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE routed (
    store text NOT NULL,
    n integer
) SERVER kafka OPTIONS (topic '{topic}', partitions '2', {route});
CREATE TABLE whole (n integer);
INSERT INTO whole SELECT n FROM routed;
CREATE TABLE pinned (n integer);
INSERT INTO pinned SELECT n FROM routed WHERE store = 'a';
)";

std::string lag_of(const Deployment& deployment, std::size_t statement) {
    const Finished shown = deployment.tidewheel({"status", "--json"});
    INFO(shown.output << shown.errors);
    const auto json = codec::Json::parse(shown.output).value();
    const codec::Json& each = json.find("statements")->items().at(statement);
    return each.find("name")->string() + " " + std::to_string(each.find("lag")->integer());
}

}  // namespace

TEST_CASE(
    "records in partitions that are not claimed yet are lag of the statements that read all") {
    Deployment deployment;
    std::string sql = pipeline;
    sql.replace(sql.find("{route}"), 7, "route 'store', route_a '0', route_b '1'");
    require_applied(deployment, sql);
    kafka::Admin(testing::kafka()).add_partitions(deployment.topic(), 4);
    CHECK(deployment.tidewheel({"status", "--wait", "--timeout", "5"}).status == 0);
    deployment.send(3, {R"({"store": "b", "n": 1})", R"({"store": "b", "n": 2})"});
    CHECK(lag_of(deployment, 0) == "pinned 0");
    CHECK(lag_of(deployment, 1) == "whole 2");
    const Finished waited = deployment.tidewheel({"status", "--wait", "--timeout", "1"});
    CHECK(waited.status == 5);
    CHECK_THAT(waited.errors, ContainsSubstring("still 2 records behind"));
    const Finished shown = deployment.tidewheel({"status", "--explain"});
    CHECK_THAT(shown.output,
               ContainsSubstring("not begun") &&
                   ContainsSubstring("whole, partition 3: it is not assigned to any service yet"));
}
