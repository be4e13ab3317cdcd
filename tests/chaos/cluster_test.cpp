// A cluster of three brokers behind proxies does what the suite relies on.
#include "integration/kafka_members.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/proxy.hpp"
#include "tidewheel/testing/servers.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::testing;

TEST_CASE("of three brokers one may be killed, and what was acknowledged is read from the others",
          "[outage]") {
    std::array<Proxy, PrivateCluster::size> proxies;
    PrivateCluster cluster({proxies[0].address(), proxies[1].address(), proxies[2].address()});
    for (int i = 0; i < PrivateCluster::size; ++i)
        proxies.at(static_cast<std::size_t>(i)).aim(cluster.broker(i).settings().brokers);
    const std::string topic = unique("cluster");
    kafka::Admin admin(cluster.settings(), std::chrono::seconds(60));
    eventually("a topic has three replicas", [&] { return admin.create_topic(topic, 3); });

    for (int partition = 0; partition < 3; ++partition)
        CHECK(admin.watermarks(topic, partition) == std::pair<std::int64_t, std::int64_t>{0, 0});
    try {
        admin.watermarks(unique("missing"), 0);
        FAIL("a topic that isn't there has offsets");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::refused);
    }

    kafka::Producer producer(cluster.settings());
    const auto send = [&](int count) {
        for (int i = 0; i < count; ++i)
            producer.send(topic, {i % 3, {}, "value", {}, 0});
    };
    send(300);
    REQUIRE(producer.flush(std::chrono::seconds(60)));
    CHECK(proxies[0].connections() + proxies[1].connections() + proxies[2].connections() > 0);
    kafka::Member member(unique("group"), {}, cluster.settings());
    member.consumer.subscribe({topic}, member);
    member.poll_until("three partitions", [&] { return member.sources.size() == 3; });
    const auto leaders_answer = [&] {
        for (const auto& [partition, source] : member.sources)
            member.poll_until("the partition's leader answers",
                              [&, &each = *source] { return each.first_at(0) == 0; });
    };
    leaders_answer();
    cluster.broker(1).kill();
    kafka::Admin hasty(cluster.settings(), std::chrono::seconds(2));
    for (int partition = 0; partition < 3; ++partition) {
        const auto began = std::chrono::steady_clock::now();
        try {
            hasty.watermarks(topic, partition);
        } catch (const Error& error) {
            CHECK(error.retryable());  // its leader was the one
        }
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
    }
    send(300);
    REQUIRE(producer.flush(std::chrono::seconds(60)));
    CHECK(producer.deliveries().failed == 0);
    for (int partition = 0; partition < 3; ++partition) {
        int seen = 0;
        kafka::read_partition(cluster.settings(), {topic, partition}, 0, 200,
                              std::chrono::seconds(30), [&](const engine::Record&) { ++seen; });
        CHECK(seen == 200);
    }
    leaders_answer();  // also where it was the one that is gone
    cluster.broker(1).start();
}
