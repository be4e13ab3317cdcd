// A publisher whose servers die under it.
#include "applied.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/stack.hpp"
#include "topics.hpp"

using namespace tidewheel;
using testing::eventually;

TEST_CASE("Kafka and PostgreSQL that are killed under load cost no row, and double none",
          "[outage]") {
    testing::PrivatePostgres postgres;
    testing::PrivateKafka kafka;
    const testing::Deployment site(postgres.url(), kafka.settings());
    REQUIRE(site.tidewheel({"init"}).status == 0);
    testing::require_applied(site, testing::readings + testing::doubled);
    const auto worker = site.start("tidewheel-worker");
    const auto publisher = testing::start_publisher(site);
    std::int64_t each = 0;
    const auto send = [&] {
        for (int partition = 0; partition < 3; ++partition)
            testing::send_readings(site, partition, 300);
        each += 300;
    };
    const auto await_some_waiting = [&] {
        eventually("rows wait", [&] { return testing::waiting_in(site, "doubled") != "0"; });
    };
    for (int round = 0; round < 2; ++round) {
        send();
        await_some_waiting();
        kafka.kill();
        kafka.start();
        send();
        await_some_waiting();
        postgres.kill();
        postgres.start();
    }
    send();
    site.arrive();
    eventually("all is sent", [&] { return testing::waiting_in(site, "doubled") == "0"; });
    testing::require_each_doubled_once(site, 3, each);
    CHECK(worker->running());
    CHECK(publisher->running());
}
