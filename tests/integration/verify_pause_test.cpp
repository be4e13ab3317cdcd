// verify, while nothing comes from Kafka for a while.
#include <csignal>

#include "changes.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;
using namespace tidewheel::testing::changes;

TEST_CASE("verify outlives a pause between two pieces of the topic") {
    Deployment deployment;
    require_applied(deployment, stream +
                                    "CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM "
                                    "numbers;\n");
    deployment.send(0, numbers(0, 1000));
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.arrive();
    Process verify({program("tidewheel"), "verify"}, {"TIDEWHEEL_DATABASE=" + deployment.url(),
                                                      "TIDEWHEEL_KAFKA=" + testing::kafka().brokers,
                                                      "TIDEWHEEL_FAILPOINTS=before_copy=stop@1"});
    const auto is_there = [&](const std::string& condition) {
        return deployment.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tidewheel "
                   "verify' AND datname = current_database() AND " +
                   condition) == "1";
    };
    eventually("verify has stopped before a piece, and paused for longer than a lane may", [&] {
        return is_there(
            "state = 'idle in transaction' AND state_change < clock_timestamp() - interval '12 s'");
    });
    verify.signal(SIGCONT);
    const int status = verify.wait();
    INFO(verify.output() << verify.errors());
    CHECK(status == 0);
}
