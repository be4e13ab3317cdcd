// What a consumer group does to its members: assigns, revokes, closes.
#include <atomic>
#include <map>
#include <stdexcept>
#include <thread>

#include "kafka_members.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/consumer.hpp"
#include "tidewheel/kafka/group_members.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/stack.hpp"

using namespace tidewheel;
using namespace tidewheel::kafka;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using testing::eventually;

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
    CHECK(member.revocations == 1);
    member.poll_until("the second topic", [&] { return !member.sources.empty(); });
    CHECK(member.read(0, 3) == std::vector<std::int64_t>{2, 3, 4});

    member.consumer.subscribe({first}, member);
    member.poll_until("the first again", [&] { return !member.sources.empty(); });
    CHECK(member.sources.at(0)->position() == 2);  // not where the former assignment was
    CHECK(member.read(0, 1) == std::vector<std::int64_t>{2});
}

TEST_CASE("what the listener throws comes out of poll, and the group can be joined again") {
    const auto topic = topic_with(1, 10);
    Member member(testing::unique("group"));
    member.fails_on_assigned = true;
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

    member.fails_on_assigned = false;
    member.consumer.subscribe({topic}, member);
    member.poll_until("the partition", [&] { return !member.sources.empty(); });
    CHECK(member.read(0, 10).size() == 10);
}

TEST_CASE("a topic that does not exist is named, is not created, and does not disturb the others") {
    const auto nowhere = testing::unique("nowhere"), topic = topic_with(1, 5);
    Member member(testing::unique("group"));
    member.consumer.subscribe({nowhere, topic}, member);
    member.poll_until("the failure",
                      [&] { return member.consumer.topic_failures().contains(nowhere); });
    CHECK_THAT(member.consumer.topic_failures().at(nowhere), ContainsSubstring(nowhere));
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

TEST_CASE("some partitions are fetched from elsewhere, while the sources of others continue") {
    const auto topic = topic_with(4, 20000);
    Member member(testing::unique("group"), {{0, 0}, {1, 0}, {2, 0}, {3, Member::left_out}});
    member.consumer.subscribe({topic}, member);
    member.poll_until("three partitions", [&] { return member.sources.size() == 3; });
    CHECK(member.read(1, 100).back() == 99);
    CHECK(member.read(2, 100).back() == 99);
    engine::RecordSource* const goes_on = member.sources.at(0).get();

    std::int64_t wanted = 0;  // of partition 0: as a lane reads it
    for (int round = 0; round < 20; ++round) {
        for (const auto offset : member.read(0, 300)) {
            if (offset < wanted) continue;
            CHECK(offset == wanted);
            wanted = offset + 1;
        }
        member.sources.erase(1);
        member.sources.erase(2);
        member.sources.erase(3);
        const std::int64_t start = 7 * round;
        const bool swap = round % 2 == 0;  // 2 and 3 take turns
        member.consumer.refetch({{topic, 1}, {topic, swap ? 2 : 3}},
                                {{{topic, 1}, start}, {{topic, swap ? 3 : 2}, start + 1}});
        member.on_started({{topic, 1}, {topic, swap ? 3 : 2}});
        CHECK(member.read(1, 2) == std::vector<std::int64_t>{start, start + 1});
        CHECK(member.read(swap ? 3 : 2, 1) == std::vector<std::int64_t>{start + 1});
        CHECK_THROWS_AS(member.consumer.source({topic, swap ? 2 : 3}), std::logic_error);
        CHECK(member.sources.at(0).get() == goes_on);
    }
    CHECK(wanted >= 20 * 300 - 20);
    CHECK(member.revocations == 0);
}

// The group rebalances, the member hasn't been told yet, and closes: librdkafka then forgets that
// it has asked for an end of the assignment, and may drop our answer with its queue.
TEST_CASE("a member closes in the middle of a rebalance, again and again") {
    const auto topic = topic_with(4, 10);
    const auto group = testing::unique("group");
    ClientSettings settings = testing::kafka();
    settings.options.push_back("heartbeat.interval.ms=50");
    for (int round = 0; round < 25; ++round) {
        auto first = std::make_unique<Member>(group, std::map<int, std::int64_t>{}, settings);
        Member second(group, {}, settings);
        first->consumer.subscribe({topic}, *first);
        first->poll_until("all partitions", [&] { return first->sources.size() == 4; });
        first->consumer.publish_offsets({{{topic, 0}, round}, {{topic, 1}, round}});
        second.consumer.subscribe({topic}, second);
        eventually("a second member that waits for the first", [&] {
            second.consumer.poll(10ms);
            return group_members(testing::kafka(), group, 5s).size() == 2;
        });
        second.consumer.poll(20ms * (round % 5));  // the first may hear of the rebalance meanwhile
        first->consumer.publish_offsets({{{topic, 2}, round}, {{topic, 3}, round}});
        std::atomic<bool> closed = false;
        std::thread closing([&] {
            first->consumer.close();
            closed = true;
        });
        try {
            eventually(
                "an end of close()", [&] { return closed.load(); }, 15s);
        } catch (...) {
            closing.detach();
            (void)first.release();  // its thread is still in there
            throw;
        }
        closing.join();
    }
}
