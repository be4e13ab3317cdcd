#include "../src/courier.hpp"

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel;
using namespace std::chrono_literals;
using delivery::Courier;
using delivery::Delivered;
using delivery::Failure;
using delivery::OutboxRow;

namespace {

std::vector<OutboxRow> rows(std::int64_t first, std::int64_t last, std::chrono::hours age = 0h) {
    std::vector<OutboxRow> all;
    for (std::int64_t seq = first; seq <= last; ++seq)
        all.push_back({seq, "{}", {}, age});
    return all;
}

struct Nowhere : delivery::Destination {
    Delivered deliver(std::span<const OutboxRow>, std::stop_token) override { return {}; }
};

const delivery::CourierPolicy a_day{{.first = 1s, .longest = 1min, .jitter = 0}, 24h};

Delivered up_to(std::int64_t seq, std::optional<Failure> failure = {}) {
    Delivered result;
    result.through = seq;
    result.failure = std::move(failure);
    return result;
}

}  // namespace

TEST_CASE("What was delivered moves the position, and the next rows follow it") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 10}, a_day, clock);
    courier.started();
    CHECK_FALSE(courier.is_due());
    const auto step = courier.finished(rows(11, 15), up_to(15));
    CHECK(step.from == 10);
    CHECK(step.to == 15);
    CHECK(step.delivered == 5);
    CHECK(step.failure.empty());
    CHECK(courier.cursor() == 15);
    CHECK(courier.is_due());
}

TEST_CASE("After a failure the rows behind it wait, and are given again to a new destination") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 10}, a_day, clock);
    courier.set_destination(std::make_shared<Nowhere>());
    courier.started();
    const auto step = courier.finished(rows(11, 15), up_to(12, Failure{"503"}));
    CHECK(step.to == 12);
    CHECK(step.delivered == 2);
    CHECK(step.failure == "503");
    CHECK(courier.cursor() == 12);
    CHECK_FALSE(courier.destination());
    CHECK(courier.is_failing());
    CHECK_FALSE(courier.is_due());
    clock.time += 1s;
    CHECK(courier.is_due());
    courier.started();
    courier.finished(rows(13, 15), up_to(15));
    CHECK_FALSE(courier.is_failing());
}

TEST_CASE("A Retry-After is waited for, but not for more than an hour") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 0}, a_day, clock);
    courier.started();
    courier.finished(rows(1, 1), up_to(0, Failure{"429", 40s}));
    clock.time += 39s;
    CHECK_FALSE(courier.is_due());
    clock.time += 1s;
    CHECK(courier.is_due());
    courier.started();
    courier.finished(rows(1, 1), up_to(0, Failure{"429", 48h}));
    clock.time += 1h;
    CHECK(courier.is_due());
}

TEST_CASE("No row is set aside for a fault of our own, however long it lasts") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 0}, a_day, clock);
    const Failure no_secret{"the secret shop can't be found", {}, false, true};
    for (int days = 0; days < 3; ++days, clock.time += 24h) {
        courier.started();
        const auto step = courier.finished(rows(1, 5, 72h), up_to(0, no_secret));
        CHECK(step.parked.empty());
        CHECK(step.failure == no_secret.reason);
    }
    courier.started();
    CHECK(courier.finished(rows(1, 5, 72h), up_to(0, Failure{"503"})).parked.empty());
}

TEST_CASE("A row that fails for too long is set aside, and the next one has its own trial") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 0}, a_day, clock);
    courier.started();
    CHECK(courier.finished(rows(1, 5), up_to(0, Failure{"422"})).parked.empty());
    clock.time += 24h;
    courier.started();
    const auto step = courier.finished(rows(1, 5, 24h), up_to(0, Failure{"422"}));
    REQUIRE(step.parked.size() == 1);
    CHECK(step.parked.front().seq == 1);
    CHECK(step.to == 1);
    CHECK(step.delivered == 0);
    clock.time += 1min;
    courier.started();
    CHECK(courier.finished(rows(2, 5, 24h), up_to(5)).delivered == 4);
    CHECK_FALSE(courier.is_failing());
}

TEST_CASE("Rows that waited for the notifier alone are not set aside at their first failure") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 0}, a_day, clock);
    courier.started();
    CHECK(courier.finished(rows(1, 5, 48h), up_to(0, Failure{"503"})).parked.empty());
}

TEST_CASE("Of a subscriber that is gone, all that is old is set aside after a few trials") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 0, 25h}, a_day, clock);
    std::int64_t next = 1;
    for (int trial = 0; trial < 3; ++trial) {
        courier.started();
        CHECK(courier.finished(rows(next, 100, 25h), up_to(0, Failure{"gone"})).parked.size() == 1);
        ++next;
    }
    auto last = rows(next, 90, 25h);
    last.push_back({91, "{}", {}, 1h});
    courier.started();
    const auto step = courier.finished(last, up_to(0, Failure{"gone"}));
    CHECK(step.to == 90);
    CHECK(courier.seq() == 90);
}

TEST_CASE("Rows that were taken and are not done yet count when they are done") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 0}, a_day, clock);
    courier.started();
    CHECK(courier.finished(rows(1, 10), up_to(0)).to == 0);
    CHECK(courier.cursor() == 10);
    CHECK(courier.seq() == 0);
    courier.started();
    auto step = courier.finished(rows(11, 20), up_to(15));
    CHECK(step.delivered == 15);
    CHECK(courier.cursor() == 20);
    courier.renew();
    CHECK(courier.cursor() == 15);
}

TEST_CASE("A destination that gives up its turn gets the rest again") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 0}, a_day, clock);
    courier.started();
    Delivered part = up_to(3);
    part.taken = 3;
    CHECK(courier.finished(rows(1, 10), part).delivered == 3);
    CHECK(courier.cursor() == 3);
    courier.started();
    CHECK(courier.finished(rows(4, 10), up_to(10)).delivered == 7);
}

TEST_CASE("A row that will never be taken is set aside at once, alone") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 10}, {a_day.retry, {}}, clock);
    courier.started();
    const auto step = courier.finished(rows(11, 15), up_to(12, Failure{"too large", {}, true}));
    CHECK(step.to == 13);
    REQUIRE(step.parked.size() == 1);
    CHECK(step.parked[0].seq == 13);
    CHECK(courier.cursor() == 13);
    CHECK(courier.is_due());
    CHECK_FALSE(courier.is_failing());
}

TEST_CASE("A destination that lacks what was delivered gets all rows again, from the first") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 10}, a_day, clock);
    courier.set_destination(std::make_shared<Nowhere>());
    courier.started();
    Delivered lost;
    lost.rewind = true;
    lost.note = "again";
    const auto step = courier.finished(rows(11, 15), lost);
    CHECK(step.from == 10);
    CHECK(step.to == 0);
    CHECK(step.note == "again");
    CHECK(step.delivered == 0);
    CHECK(courier.seq() == 0);
    CHECK(courier.cursor() == 0);
    CHECK_FALSE(courier.destination());
    CHECK(courier.is_due());
    courier.started();
    CHECK(courier.finished(rows(3, 15), up_to(15)).delivered == 13);
}

TEST_CASE("A lane without rows recovers, too, when its destination is well again") {
    testing::FakeClock clock;
    Courier courier({{1, 0}, 10}, a_day, clock);
    courier.started();
    CHECK(courier.finished({}, up_to(0, Failure{"away"})).failure == "away");
    CHECK(courier.is_failing());
    clock.time += 1s;
    courier.started();
    CHECK(courier.finished({}, up_to(0)).recovered);
    CHECK_FALSE(courier.is_failing());
    courier.started();
    CHECK_FALSE(courier.finished({}, up_to(0)).recovered);
}
