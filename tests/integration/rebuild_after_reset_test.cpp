// What a rebuild has left is of no use any more when its view has been led elsewhere.
#include <csignal>

#include "changes.hpp"
#include "tidewheel/kafka/admin.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;

namespace {

// A view of a hundred records, and a killed rebuild of it that has read them all.
void leave_shadow(Deployment& deployment) {
    require_applied(deployment, stream +
                                    "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM "
                                    "numbers;\n");
    deployment.send(0, numbers(0, 100));
    {
        auto aggregator = deployment.start("tidewheel-aggregator");
        deployment.arrive();
    }
    postgres::Connection user(deployment.url());
    postgres::Transaction reading(user);
    reading.query("SELECT n FROM total");
    const auto command = deployment.start_command({"rebuild", "total"});
    eventually("all is computed, but for the swap", [&] {
        return deployment.value(
                   "SELECT coalesce(sum(next_offset), 0) FROM tidewheel.progress JOIN "
                   "tidewheel.statements s ON s.id = statement_id WHERE rebuilds IS NOT NULL") ==
               "100";
    });
    command->signal(SIGKILL);
    command->wait();
}

}  // namespace

TEST_CASE("a killed rebuild's state of a topic that was recreated is never swapped in") {
    Deployment deployment;
    leave_shadow(deployment);
    kafka::Admin admin(testing::kafka());
    admin.delete_topic(deployment.topic());
    eventually("the topic is gone", [&] { return !admin.partitions(deployment.topic()); });
    REQUIRE(admin.create_topic(deployment.topic(), 2));
    deployment.send(0, numbers(0, 10));
    SECTION("reset forgets it") {
        deployment.must({"reset", "total", "--to", "latest", "--yes"});
        CHECK(deployment.value("SELECT count(*) FROM tidewheel.progress JOIN tidewheel.statements "
                               "s ON s.id = statement_id WHERE rebuilds IS NOT NULL") == "0");
    }
    SECTION("one that is further than the view is not taken up") {
        deployment.query(
            "UPDATE tidewheel.progress SET next_offset = 10, records_held = NULL WHERE partition = "
            "0 AND statement_id = "
            "(SELECT id FROM tidewheel.statements WHERE name = 'total')");
    }
    deployment.must({"rebuild", "total"});
    CHECK(deployment.value("SELECT n FROM total") == "10");
    check_verified(deployment);
}

TEST_CASE("a rebuild continues with a partition that the view has begun since it was killed") {
    Deployment deployment;
    leave_shadow(deployment);
    kafka::Admin(testing::kafka()).add_partitions(deployment.topic(), 3);
    deployment.send(2, numbers(100, 110));
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    deployment.must({"rebuild", "total"});
    CHECK(deployment.value("SELECT n FROM total") == "110");
    check_verified(deployment);
}
