#include "tidewheel/kafka/publisher.hpp"

#include <future>
#include <latch>
#include <thread>
#include <vector>

#include "mock_cluster.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::kafka;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Admission = Publisher::Admission;
using Outcome = Publisher::Outcome;

namespace {

const std::vector<Outgoing> three(3, Outgoing{-1, {}, "value", {}, 0});

ClientSettings nowhere() {
    ClientSettings settings;
    settings.brokers = "127.0.0.1:1";
    return settings;
}

// Of what is sent and taken.
std::future<Outcome> outcome_of(Publisher& publisher, const std::vector<Outgoing>& records,
                                const std::string& topic = "events") {
    const auto promise = std::make_shared<std::promise<Outcome>>();
    REQUIRE(publisher.send(topic, records, [promise](const Outcome& outcome) {
        promise->set_value(outcome);
    }) == Admission::taken);
    return promise->get_future();
}

const auto ignore = [](const Outcome&) {};

}  // namespace

TEST_CASE("Records that were sent together have one outcome, when all of them are delivered") {
    const MockCluster cluster;
    Publisher publisher(cluster.settings(), {});
    const Outcome outcome = outcome_of(publisher, three).get();
    CHECK(outcome.sent == 3);
    CHECK(outcome.delivered == 3);
    CHECK(outcome.failed == 0);
    CHECK_FALSE(publisher.away("events"));
}

TEST_CASE("Many threads send at once, and each hears of its own records") {
    const MockCluster cluster;
    Publisher publisher(cluster.settings(), {});
    constexpr int threads = 4, calls = 100;
    std::latch all(threads * calls);
    std::atomic<std::uint64_t> delivered = 0;
    std::vector<std::jthread> senders;
    for (int i = 0; i < threads; ++i)
        senders.emplace_back([&] {
            for (int n = 0; n < calls; ++n)
                publisher.send("events", three, [&](const Outcome& outcome) {
                    delivered += outcome.delivered;
                    all.count_down();
                });
        });
    all.wait();
    CHECK(delivered == threads * calls * three.size());
}

TEST_CASE("More than the limits is not taken, not even in part, until there is room again") {
    PublisherLimits limits;
    limits.records = 5;
    limits.delivery = 500ms;
    Publisher publisher(nowhere(), limits);
    auto first = outcome_of(publisher, three);
    const std::vector<Outgoing> two(2, three.front());
    auto second = outcome_of(publisher, two);
    const auto more = publisher.send("events", two, ignore);
    CHECK((more == Admission::full || more == Admission::away));
    CHECK(first.get().failed == 3);
    CHECK(second.get().failed == 2);
    CHECK(outcome_of(publisher, three).get().failed == 3);

    limits.bytes = 9;  // less than two values
    limits.records = 100;
    Publisher small(nowhere(), limits);
    CHECK(small.send("events", two, ignore) == Admission::never);
}

TEST_CASE("While brokers don't answer one call at a time is taken, to find out") {
    PublisherLimits limits;
    limits.delivery = 300ms;
    Publisher publisher(nowhere(), limits);
    const Outcome outcome = outcome_of(publisher, three).get();
    CHECK(outcome.delivered == 0);
    CHECK(outcome.failed == 3);
    CHECK_FALSE(outcome.refused);
    CHECK_THAT(outcome.first_failure, ContainsSubstring("events"));
    CHECK(publisher.away("events"));
    auto probe = outcome_of(publisher, three);
    CHECK(publisher.send("events", three, ignore) == Admission::away);
    CHECK(probe.get().failed == 3);
    CHECK_FALSE(publisher.last_error().empty());
}

TEST_CASE("A topic whose leaders don't answer holds up no other") {
    const MockCluster cluster;
    PublisherLimits limits;
    limits.delivery = 500ms;
    Publisher publisher(cluster.settings(), limits);
    REQUIRE(outcome_of(publisher, three).get().delivered == 3);
    REQUIRE(outcome_of(publisher, three, "lost").get().failed == 3);
    CHECK(publisher.away("lost"));
    CHECK_FALSE(publisher.away("events"));
    auto waits = outcome_of(publisher, three, "lost");
    CHECK(publisher.send("lost", three, ignore) == Admission::away);
    CHECK(outcome_of(publisher, three).get().delivered == 3);
    CHECK(waits.get().failed == 3);
}

TEST_CASE("What is too large for any broker is refused, and the records after it are not sent") {
    const MockCluster cluster;
    Publisher publisher(cluster.settings(), {});
    const std::string large(2'000'000, 'x');
    std::vector<Outgoing> records = three;
    records[1].value = large;
    const Outcome outcome = outcome_of(publisher, records).get();
    CHECK(outcome.delivered == 1);
    CHECK(outcome.failed == 2);
    CHECK(outcome.refused);
    CHECK_THAT(outcome.first_failure, ContainsSubstring("size"));
}

TEST_CASE("A publisher that goes away says that what was not delivered has failed") {
    std::future<Outcome> outcome;
    {
        Publisher publisher(nowhere(), {});
        outcome = outcome_of(publisher, three);
    }
    REQUIRE(outcome.wait_for(0s) == std::future_status::ready);
    CHECK(outcome.get().failed == 3);
}
