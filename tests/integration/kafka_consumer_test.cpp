#include <algorithm>
#include <atomic>
#include <map>
#include <stdexcept>

#include "tidewheel/core/error.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::eventually;

namespace {

constexpr std::size_t fetch_bytes = 1 << 20;

// A topic with `each` records in every partition; the values are their offsets.
std::string topic_with(int partitions, int each) {
    const std::string topic = testing::unique("consumer");
    Admin(testing::kafka()).create_topic(topic, partitions, 1);
    Producer producer(testing::kafka());
    for (int partition = 0; partition < partitions; ++partition) {
        for (int i = 0; i < each; ++i) {
            const std::string value = std::to_string(i);
            producer.send(topic, {partition, {}, value, {}, 0});
        }
    }
    if (!producer.flush(30s) || producer.deliveries().failed != 0) {
        throw std::runtime_error("can't fill " + topic);
    }
    return topic;
}

// A member that starts its partitions where the test says and reads them on the test's own thread.
class Member final : public AssignmentListener {
  public:
    explicit Member(const std::string& group, std::map<int, std::int64_t> starts = {},
                    ClientSettings settings = testing::kafka())
        : consumer(settings, group, fetch_bytes), starts_(std::move(starts)) {}
    ~Member() override { consumer.close(); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    std::vector<StartOffset> on_assigned(const std::vector<TopicPartition>& partitions) override {
        if (trouble_on_assigned) {
            throw std::runtime_error("claim refused");
        }
        std::vector<StartOffset> result;
        for (const auto& where : partitions) {
            const auto start = starts_.find(where.partition);
            if (start == starts_.end() || start->second != left_out) {
                result.push_back(
                    {where, start == starts_.end() ? offset_beginning : start->second});
            }
        }
        return result;
    }
    void on_started(const std::vector<TopicPartition>& partitions) override {
        for (const auto& where : partitions) {
            sources.emplace(where.partition, consumer.source(where));
        }
    }
    void on_revoked(const std::vector<TopicPartition>& partitions, bool) override {
        for (const auto& where : partitions) {
            sources.erase(where.partition);
        }
        ++revocations;
    }

    void poll_until(const std::string& what, const std::function<bool()>& condition) {
        eventually(what, [&] {
            consumer.poll(10ms);
            return condition();
        });
    }
    // The offsets of the next `count` records of a partition.
    std::vector<std::int64_t> read(int partition, std::size_t count) {
        std::vector<std::int64_t> offsets;
        poll_until("records", [&] {
            while (auto record = sources.at(partition)->next(0)) {
                offsets.push_back(record->offset);
                if (offsets.size() == count) break;
            }
            return offsets.size() >= count;
        });
        return offsets;
    }

    static constexpr std::int64_t left_out = -100;
    std::map<int, std::unique_ptr<engine::RecordSource>> sources;
    int revocations = 0;
    bool trouble_on_assigned = false;
    GroupConsumer consumer;

  private:
    std::map<int, std::int64_t> starts_;
};

}  // namespace

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
            text += " " + header.name + ":" + header.value.value_or("null");
        }
        seen.push_back(record.offset == 0 ? text + " @" + std::to_string(record.timestamp) : text);
    });
    CHECK(seen == std::vector<std::string>{"k=v event_type:sale empty: @1700000000123",
                                           "k tombstone", "no key="});
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

TEST_CASE("two members share the partitions, and they come back when one leaves") {
    const auto topic = topic_with(4, 10);
    const auto group = testing::unique("group");
    Member stays(group);
    stays.consumer.subscribe({topic}, stays);
    stays.poll_until("all partitions", [&] { return stays.sources.size() == 4; });
    {
        Member leaves(group);
        leaves.consumer.subscribe({topic}, leaves);
        stays.poll_until("half of them each", [&] {
            leaves.consumer.poll(10ms);
            return stays.sources.size() == 2 && leaves.sources.size() == 2;
        });
        for (const auto& [partition, source] : leaves.sources) {
            CHECK(stays.sources.count(partition) == 0);
        }
    }
    stays.poll_until("all partitions again", [&] { return stays.sources.size() == 4; });
    CHECK(stays.read(3, 10).back() == 9);
}

TEST_CASE("a new subscription revokes the old one and starts where the listener says") {
    const auto first = topic_with(1, 50), second = topic_with(1, 5);
    const auto group = testing::unique("group");
    Member member(group, {{0, 2}});
    member.consumer.subscribe({first}, member);
    member.poll_until("the first topic", [&] { return !member.sources.empty(); });
    CHECK(member.read(0, 48).back() == 49);

    member.consumer.subscribe({second}, member);
    CHECK(member.sources.empty());
    CHECK(member.revocations == 1);
    member.poll_until("the second topic", [&] { return !member.sources.empty(); });
    CHECK(member.read(0, 3) == std::vector<std::int64_t>{2, 3, 4});

    member.consumer.subscribe({first}, member);
    member.poll_until("the first again", [&] { return !member.sources.empty(); });
    CHECK(member.sources.at(0)->position() == 2);  // not where the former assignment was
    CHECK(member.read(0, 1) == std::vector<std::int64_t>{2});
}

TEST_CASE("a start offset that was deleted is refused, and the source does not go on behind it") {
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

TEST_CASE("what the listener throws comes out of poll, and the group can be joined again") {
    const auto topic = topic_with(1, 10);
    Member member(testing::unique("group"));
    member.trouble_on_assigned = true;
    member.consumer.subscribe({topic}, member);
    std::string message;
    eventually("the listener's error", [&] {
        try {
            member.consumer.poll(10ms);
        } catch (const std::runtime_error& error) {
            message = error.what();
        }
        return !message.empty();
    });
    CHECK(message == "claim refused");
    CHECK(member.sources.empty());

    member.trouble_on_assigned = false;
    member.consumer.subscribe({topic}, member);
    member.poll_until("the partition", [&] { return !member.sources.empty(); });
    CHECK(member.read(0, 10).size() == 10);
}

TEST_CASE("a topic that does not exist is named, is not created, and does not disturb the others") {
    const auto nowhere = testing::unique("nowhere"), topic = topic_with(1, 5);
    Member member(testing::unique("group"));
    member.consumer.subscribe({nowhere, topic}, member);
    member.poll_until("the trouble",
                      [&] { return member.consumer.topic_troubles().contains(nowhere); });
    CHECK_THAT(member.consumer.topic_troubles().at(nowhere), ContainsSubstring(nowhere));
    member.poll_until("the other topic", [&] { return member.sources.size() == 1; });
    CHECK_FALSE(Admin(testing::kafka()).partitions(nowhere).has_value());
}

TEST_CASE("published offsets reach Kafka, and the last ones survive closing") {
    const auto topic = topic_with(2, 10);
    const auto group = testing::unique("group");
    Admin admin(testing::kafka());
    {
        Member member(group);
        member.consumer.subscribe({topic}, member);
        member.poll_until("the partitions", [&] { return member.sources.size() == 2; });
        member.consumer.publish_offsets({{{topic, 0}, 4}, {{topic, 1}, offset_beginning}});
        member.poll_until("the offset",
                          [&] { return admin.group_offsets(group, topic, 2)[0] == 4; });
        member.consumer.publish_offsets({{{topic, 0}, 10}, {{topic, 1}, 7}});
    }
    CHECK(admin.group_offsets(group, topic, 2) == std::map<int, std::int64_t>{{0, 10}, {1, 7}});
}

TEST_CASE("closing with full queues is quick once the sources are gone") {
    const auto topic = topic_with(4, 20000);
    Member member(testing::unique("group"));
    member.consumer.subscribe({topic}, member);
    member.poll_until("the partitions", [&] { return member.sources.size() == 4; });
    CHECK(member.read(0, 1).front() == 0);
    const auto begin = std::chrono::steady_clock::now();
    member.consumer.close();
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    CHECK(member.revocations == 1);
}

TEST_CASE("a broker that is away is no error of poll, but last_error tells of it") {
    ClientSettings settings = testing::kafka();
    settings.brokers = "127.0.0.1:1";
    Member member(testing::unique("group"), {}, settings);
    member.consumer.subscribe({"anything"}, member);
    member.poll_until("the trouble", [&] { return !member.consumer.last_error().empty(); });
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
