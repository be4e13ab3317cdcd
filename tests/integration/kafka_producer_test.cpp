#include <string>

#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string new_topic(int partitions) {
    const std::string topic = testing::unique("producer");
    Admin(testing::kafka()).create_topic(topic, partitions, 1);
    return topic;
}

std::int64_t stored(const std::string& topic) {
    return Admin(testing::kafka()).watermarks(topic, 0).second;
}

}  // namespace

TEST_CASE("the producer accounts for every record that it delivered") {
    const auto topic = new_topic(1);
    Producer producer(testing::kafka());
    for (int i = 0; i < 5000; ++i) {
        producer.send(topic, {0, {}, "value", {}, 0});
    }
    REQUIRE(producer.flush(30s));
    CHECK(producer.deliveries().sent == 5000);
    CHECK(producer.deliveries().delivered == 5000);
    CHECK(producer.deliveries().failed == 0);
    CHECK(stored(topic) == 5000);
}

TEST_CASE("a full queue slows the producer down but loses nothing") {
    const auto topic = new_topic(1);
    ClientSettings settings = testing::kafka();
    settings.options = {"queue.buffering.max.messages=50"};
    Producer producer(settings);
    for (int i = 0; i < 2000; ++i) {
        const std::string value = std::to_string(i);
        producer.send(topic, {0, {}, value, {}, 0});
    }
    REQUIRE(producer.flush(30s));
    CHECK(producer.deliveries().delivered == 2000);

    int expected = 0;
    bool in_order = true;
    read_partition(testing::kafka(), {topic, 0}, 0, 2000, 30s, [&](const engine::Record& record) {
        in_order = in_order && *record.value == std::to_string(expected++);
    });
    CHECK(expected == 2000);
    CHECK(in_order);
}

TEST_CASE("a record that is too large is refused with its size, and the next one goes through") {
    const auto topic = new_topic(1);
    Producer producer(testing::kafka());
    const std::string large(2'000'000, 'x');
    try {
        producer.send(topic, {0, {}, large, {}, 0});
        FAIL("a record of 2 MB was taken");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::refused);
        CHECK_THAT(error.what(), ContainsSubstring("2000000 bytes") && ContainsSubstring(topic));
        CHECK_THAT(error.hint(), ContainsSubstring("message.max.bytes"));
    }
    producer.send(topic, {0, {}, "small", {}, 0});
    REQUIRE(producer.flush(30s));
    CHECK(producer.deliveries().sent == 1);
    CHECK(producer.deliveries().delivered == 1);
}

TEST_CASE("a partition that does not exist fails, with its number") {
    const auto topic = new_topic(1);
    Producer producer(testing::kafka());
    try {
        producer.send(topic, {7, {}, "value", {}, 0});
        REQUIRE(producer.flush(30s));
        CHECK(producer.deliveries().failed == 1);
        CHECK_THAT(producer.deliveries().first_failure, ContainsSubstring("partition 7"));
    } catch (const Error& error) {  // when librdkafka knew the topic already
        CHECK(error.kind() == Error::Kind::refused);
        CHECK(producer.deliveries().sent == 0);
    }
}

TEST_CASE("records that can't be delivered in time are counted as failed, with the reason") {
    ClientSettings settings = testing::kafka();
    settings.brokers = "127.0.0.1:1";
    settings.options = {"message.timeout.ms=300"};
    Producer producer(settings);
    for (int i = 0; i < 10; ++i) {
        producer.send("anything", {0, {}, "value", {}, 0});
    }
    CHECK(producer.flush(30s));
    CHECK(producer.deliveries().sent == 10);
    CHECK(producer.deliveries().failed == 10);
    CHECK_THAT(producer.deliveries().first_failure, ContainsSubstring("anything"));
}

TEST_CASE("flush says when its timeout ended first") {
    ClientSettings settings = testing::kafka();
    settings.brokers = "127.0.0.1:1";
    Producer producer(settings);
    producer.send("anything", {0, {}, "value", {}, 0});
    CHECK_FALSE(producer.flush(50ms));
    CHECK(producer.deliveries().delivered + producer.deliveries().failed == 0);
}

TEST_CASE("records of one key share a partition") {
    const auto topic = new_topic(4);
    Producer producer(testing::kafka());
    for (int i = 0; i < 20; ++i) {
        producer.send(topic, {-1, "customer-7", "value", {}, 0});
    }
    REQUIRE(producer.flush(30s));
    int partitions_used = 0;
    Admin admin(testing::kafka());
    for (int partition = 0; partition < 4; ++partition) {
        partitions_used += admin.watermarks(topic, partition).second > 0;
    }
    CHECK(partitions_used == 1);
}
