#include "tidewheel/kafka/producer.hpp"

#include "mock_cluster.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::kafka;
using namespace std::chrono_literals;

TEST_CASE("a batch that the broker refused for the moment is sent again, not counted as stored") {
    MockCluster cluster;
    cluster.refuse_next_batch();
    ClientSettings settings = cluster.settings();
    settings.options = {"batch.num.messages=1"};
    Producer producer(settings);
    constexpr int records = 5;
    for (int i = 0; i < records; ++i)
        producer.send("events", {.partition = 0, .key = {}, .value = "{}", .headers = {}});
    REQUIRE(producer.flush(60s));
    CHECK(producer.deliveries().delivered == records);
    CHECK(Admin(settings).high_watermark("events", 0) == records);
}
