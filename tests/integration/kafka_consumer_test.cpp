#include <optional>
#include <stdexcept>

#include "kafka_members.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/kafka/partition.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a partition starts at the offset that the listener says, to the record") {
    const auto topic = topic_with(2, 100);
    Member member(testing::unique("group"), {{0, 37}, {1, 0}});
    member.consumer.subscribe({topic}, member);
    member.poll_until("two partitions", [&] { return member.sources.size() == 2; });
    CHECK(member.read(0, 2) == std::vector<std::int64_t>{37, 38});
    CHECK(member.read(1, 2) == std::vector<std::int64_t>{0, 1});
    CHECK(member.consumer.connected());
}

TEST_CASE("a source gives the records of its own partition only, in order, to the end") {
    const auto topic = topic_with(4, 500);
    Member member(testing::unique("group"));
    member.consumer.subscribe({topic}, member);
    member.poll_until("four partitions", [&] { return member.sources.size() == 4; });
    for (int partition = 3; partition >= 0; --partition) {
        std::int64_t expected = 0;
        member.poll_until("all records", [&] {
            while (auto record = member.sources.at(partition)->next(0)) {
                if (record->partition != partition || record->offset != expected ||
                    *record->value != std::to_string(expected)) {
                    throw std::runtime_error("not the expected record");
                }
                ++expected;
            }
            return expected == 500;
        });
        CHECK(member.sources.at(partition)->position() == 500);
        CHECK(member.sources.at(partition)->end_offset() == 500);
    }
}

TEST_CASE("key, headers, time and a tombstone arrive as they were sent") {
    const auto topic = topic_with(1, 0);
    Producer producer(testing::kafka());
    const std::pair<std::string_view, std::string_view> headers[] = {{"event_type", "sale"},
                                                                     {"empty", ""}};
    producer.send(topic, {0, "k", "v", headers, 1'700'000'000'123});
    producer.send(topic, {0, "k", std::nullopt, {}, 0});
    producer.send(topic, {0, std::nullopt, "", {}, 0});
    REQUIRE(producer.flush(10s));

    std::vector<std::string> seen;
    read_partition(testing::kafka(), {topic, 0}, 0, 3, 10s, [&](const engine::Record& record) {
        std::string text = record.key ? std::string(*record.key) : "no key";
        text += record.value ? "=" + std::string(*record.value) : " tombstone";
        for (const auto& header : record.headers()) {
            text.append(" ").append(header.name).append(":");
            text += header.value.value_or("null");
        }
        seen.push_back(record.offset == 0 ? text + " @" + std::to_string(record.timestamp) : text);
    });
    CHECK(seen == std::vector<std::string>{"k=v event_type:sale empty: @1700000000123",
                                           "k tombstone", "no key="});
}

TEST_CASE("a partition that the topic gains can be asked about as well as read") {
    const auto topic = topic_with(1, 3);
    Member member(testing::unique("group"));
    member.consumer.subscribe({topic}, member);
    member.poll_until("one partition", [&] { return member.sources.size() == 1; });
    // A busy broker may answer too late.
    const auto answer = [&](const auto& ask) {
        std::optional<std::int64_t> offset;
        member.poll_until("Kafka answers", [&] { return (offset = ask()).has_value(); });
        return *offset;
    };
    // So the topic is known, with one partition.
    CHECK(answer([&] { return member.sources.at(0)->first_at(0); }) == 0);

    Admin(testing::kafka()).add_partitions(topic, 2);
    Producer producer(testing::kafka());
    producer.send(topic, {1, {}, "0", {}, 1'700'000'000'000});
    REQUIRE(producer.flush(30s));
    member.poll_until("the second partition", [&] { return member.sources.size() == 2; });
    CHECK(member.read(1, 1) == std::vector<std::int64_t>{0});
    CHECK(answer([&] { return member.sources.at(1)->first_at(1'700'000'000'000); }) == 0);
    CHECK(answer([&] { return member.consumer.readable_end({topic, 1}); }) == 1);
}

TEST_CASE("a partition that the listener leaves out is not fetched") {
    const auto topic = topic_with(2, 10);
    Member member(testing::unique("group"), {{1, Member::left_out}});
    member.consumer.subscribe({topic}, member);
    member.poll_until("a partition", [&] { return !member.sources.empty(); });
    CHECK(member.read(0, 10).size() == 10);
    CHECK(member.sources.count(1) == 0);
    CHECK_THROWS_AS(member.consumer.source({topic, 1}), std::logic_error);
}

TEST_CASE("a start offset that was deleted is refused, and the source does not continue after it") {
    const auto topic = topic_with(1, 100);
    Admin admin(testing::kafka());
    admin.delete_records(topic, 0, 40);
    CHECK(admin.watermarks(topic, 0) == std::pair<std::int64_t, std::int64_t>{40, 100});

    Member member(testing::unique("group"), {{0, 10}});
    member.consumer.subscribe({topic}, member);
    member.poll_until("the partition", [&] { return !member.sources.empty(); });
    std::string message;
    member.poll_until("the error", [&] {
        try {
            if (member.sources.at(0)->next(0)) throw std::logic_error("a record came");
        } catch (const Error& error) {
            CHECK(error.kind() == Error::Kind::refused);
            message = error.what();
        }
        return !message.empty();
    });
    CHECK_THAT(message, ContainsSubstring(topic) && ContainsSubstring("partition 0") &&
                            ContainsSubstring("offset 10") && ContainsSubstring("missing"));
    CHECK_THROWS_AS(member.sources.at(0)->next(0), Error);
}

TEST_CASE("the beginning is the oldest record that is still there") {
    const auto topic = topic_with(1, 100);
    Admin(testing::kafka()).delete_records(topic, 0, 40);
    Member member(testing::unique("group"));
    member.consumer.subscribe({topic}, member);
    member.poll_until("the partition", [&] { return !member.sources.empty(); });
    CHECK(member.read(0, 1) == std::vector<std::int64_t>{40});
}

TEST_CASE("an offset beyond the end of the topic is refused, too") {
    const auto topic = topic_with(1, 10);
    Member member(testing::unique("group"), {{0, 11}});
    member.consumer.subscribe({topic}, member);
    member.poll_until("the partition", [&] { return !member.sources.empty(); });
    bool refused = false;
    member.poll_until("the error", [&] {
        try {
            member.sources.at(0)->next(0);
        } catch (const Error& error) {
            refused = error.kind() == Error::Kind::refused;
        }
        return refused;
    });
}

TEST_CASE("an unavailable broker is no error of poll, but last_error reports it") {
    ClientSettings settings = testing::kafka();
    settings.brokers = "127.0.0.1:1";
    Member member(testing::unique("group"), {}, settings);
    member.consumer.subscribe({"anything"}, member);
    member.poll_until("the failure", [&] { return !member.consumer.last_error().empty(); });
    CHECK_FALSE(member.consumer.connected());
    const auto begin = std::chrono::steady_clock::now();
    member.consumer.close();
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("reading a partition ends exactly where it should, and says when it can't") {
    const auto topic = topic_with(1, 100);
    std::vector<std::int64_t> offsets;
    const auto collect = [&](const engine::Record& record) { offsets.push_back(record.offset); };
    read_partition(testing::kafka(), {topic, 0}, 90, 95, 10s, collect);
    CHECK(offsets == std::vector<std::int64_t>{90, 91, 92, 93, 94});
    read_partition(testing::kafka(), {topic, 0}, 100, 100, 10s, collect);
    CHECK(offsets.size() == 5);

    try {
        read_partition(testing::kafka(), {topic, 0}, 98, 200, 500ms, collect);
        FAIL("offsets that do not exist were read");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::unavailable);
        CHECK_THAT(error.what(), ContainsSubstring("offset 100"));
    }
    Admin(testing::kafka()).delete_records(topic, 0, 50);
    CHECK_THROWS_AS(read_partition(testing::kafka(), {topic, 0}, 10, 60, 10s, collect), Error);
}
