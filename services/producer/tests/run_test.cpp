#include "producer/run.hpp"

#include <algorithm>
#include <map>

#include "memory_sink.hpp"
#include "tidewheel/codec/json.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using namespace std::chrono_literals;
using codec::Json;

namespace {

StoreEvents mixed_events() {
    StoreEventPlan plan;
    plan.seed = 4;
    plan.start = *parse_time("2026-11-21");
    plan.step = 10ms;
    plan.bad = Share::percent(10);
    plan.late = Share::percent(5);
    plan.duplicates = Share::percent(3);
    plan.late_by = 1h;
    return StoreEvents(plan);
}

}  // namespace

TEST_CASE("the counts are those of the records that were sent") {
    MemorySink sink;
    const Report report = send_events(mixed_events(), {.count = 5000}, 4, sink, {});

    std::map<std::string, std::uint64_t> times_sent;
    std::uint64_t sales = 0, bad = 0, returns = 0;
    double worth = 0, returned = 0;
    for (const auto& record : sink.sent) {
        const Json json = Json::parse(record.value).value();
        ++times_sent[json.find("id")->string()];
        const bool sale = json.find("event_type")->string() == "sale_event";
        const bool is_bad = json.find("bad_msg") != nullptr;
        sales += sale;
        bad += is_bad;
        if (!sale) continue;
        const double amount = json.find("price")->number() * json.find("qty")->number();
        worth += amount;
        if (json.find("is_return")) ++returns, returned += amount;
    }
    CHECK(times_sent.size() == 5000);
    CHECK(report.counts.sent == sink.sent.size());
    CHECK(report.counts.duplicates == sink.sent.size() - 5000);
    CHECK(report.counts.sales == sales);
    CHECK(report.counts.inventory == sink.sent.size() - sales);
    CHECK(report.counts.bad == bad);
    CHECK(report.counts.returns == returns);
    CHECK(std::abs(money(report.counts.sales_cents) - worth) < 0.005);
    CHECK(std::abs(money(report.counts.returns_cents) - returned) < 0.005);
    CHECK(report.deliveries.delivered == sink.sent.size());
    CHECK(report.complete());
}

TEST_CASE("a duplicate is the same bytes in the same partition, a thousand events later") {
    const StoreEvents events = mixed_events();
    MemorySink sink;
    const Report report = send_events(events, {.count = 3000}, 4, sink, {});
    REQUIRE(report.counts.duplicates > 50);

    std::uint64_t repeated = 0;
    for (std::size_t i = 0; i < sink.sent.size(); ++i) {
        const auto again = std::find(sink.sent.begin() + i + 1, sink.sent.end(), sink.sent[i]);
        if (again == sink.sent.end()) continue;
        ++repeated;
        if (i < 1000) CHECK(again - sink.sent.begin() - i >= repeat_distance);
    }
    CHECK(repeated == report.counts.duplicates);
}

TEST_CASE("a short run still sends its duplicates") {
    StoreEventPlan plan;
    plan.duplicates = Share::percent(100);
    MemorySink sink;
    const Report report = send_events(StoreEvents(plan), {.count = 10}, 4, sink, {});
    CHECK(report.counts.sent == 20);
    CHECK(report.counts.duplicates == 10);
}

TEST_CASE("a stop ends the run, and the summary is of what was sent") {
    std::stop_source stop;
    MemorySink sink;
    sink.on_send = [&](std::size_t sent) {
        if (sent == 100) stop.request_stop();
    };
    const Report report = send_events(mixed_events(), {.count = 0}, 4, sink, stop.get_token());
    CHECK(report.interrupted);
    CHECK(report.counts.sent == 100);
    CHECK(report.deliveries.delivered == 100);
}

TEST_CASE("what was not acknowledged when the run was stopped counts as failed") {
    std::stop_source stop;
    MemorySink sink;
    sink.silent = true;
    sink.on_send = [&](std::size_t sent) {
        if (sent == 10) stop.request_stop();
    };
    const Report report = send_events(mixed_events(), {.count = 10}, 4, sink, stop.get_token());
    CHECK(report.deliveries.failed == 10);
    CHECK_FALSE(report.deliveries.first_failure.empty());
    CHECK_FALSE(report.complete());
}

TEST_CASE("a producer that nobody answers stops sending before the client's queue is full") {
    std::stop_source stop;
    MemorySink sink;
    sink.silent = true;
    sink.on_flush = [&] { stop.request_stop(); };
    const Report report = send_events(mixed_events(), {.count = 60'000}, 4, sink, stop.get_token());
    CHECK(report.counts.sent == 50'000);
    CHECK(report.deliveries.failed == 50'000);
}

TEST_CASE("failed deliveries are counted and named") {
    MemorySink sink;
    sink.failures = 3;
    const Report report = send_events(mixed_events(), {.count = 10}, 4, sink, {});
    CHECK(report.deliveries.delivered == report.counts.sent - 3);
    CHECK(report.deliveries.failed == 3);
    CHECK_FALSE(report.complete());
}

TEST_CASE("an error in the middle ends the run and what was sent before is accounted for") {
    MemorySink sink;
    sink.refuse_after = 5;
    const Report report = send_events(mixed_events(), {.count = 10}, 4, sink, {});
    CHECK(report.counts.sent == 5);
    CHECK(report.deliveries.delivered == 5);
    REQUIRE(report.failure);
    CHECK(report.failure->retryable());
    CHECK_FALSE(report.complete());
}

TEST_CASE("a pace is kept") {
    MemorySink sink;
    const auto begin = std::chrono::steady_clock::now();
    send_events(mixed_events(), {.count = 51, .pace = 2ms}, 4, sink, {});
    CHECK(std::chrono::steady_clock::now() - begin >= 98ms);
    CHECK(sink.sent.size() >= 51);
}

TEST_CASE("a run may start in the middle of the sequence") {
    MemorySink whole, part;
    StoreEventPlan plan = mixed_events().plan();
    plan.duplicates = {};
    send_events(StoreEvents(plan), {.count = 30}, 4, whole, {});
    send_events(StoreEvents(plan), {.first = 20, .count = 10}, 4, part, {});
    CHECK(
        std::equal(part.sent.begin(), part.sent.end(), whole.sent.begin() + 20, whole.sent.end()));
}
