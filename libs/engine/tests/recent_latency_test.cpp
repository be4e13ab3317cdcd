#include "tidewheel/engine/recent_latency.hpp"

#include <cstdlib>
#include <limits>

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel::engine;
using std::chrono::milliseconds, std::chrono::seconds;
using tidewheel::testing::FakeClock;

namespace {

constexpr std::int64_t noon = 1'767'268'800'000;

// So many records, all of this age at `noon`, are committed then.
void commit(RecentLatency& latency, FakeClock& clock, int records, std::int64_t age,
            const std::vector<int>& statements = {1}) {
    clock.wall_time = std::chrono::system_clock::time_point(milliseconds(noon));
    std::vector<Record> batch;
    for (int i = 0; i < records; ++i) {
        batch.emplace_back();
        batch.back().timestamp = noon - age;
    }
    latency.committed(statements, batch, clock);
}

}  // namespace

TEST_CASE("a latency is exact up to 15 ms, and within a sixteenth beyond") {
    for (const std::int64_t exact : {0, 1, 7, 8, 15}) {
        LatencyCounts counts;
        counts.add(exact);
        CHECK(counts.latency() == Latency{exact, exact});
    }
    for (std::int64_t value = 16; value < std::int64_t{1} << 40; value = value * 9 / 8 + 1) {
        LatencyCounts counts;
        counts.add(value);
        const std::int64_t shown = counts.latency()->p50;
        CAPTURE(value, shown);
        CHECK(std::abs(shown - value) * 16 <= value);
    }
}

TEST_CASE("a record of the future took no time, and one of the first days counts as 69 years") {
    LatencyCounts counts;
    counts.add(-5000);
    CHECK(counts.latency() == Latency{0, 0});
    LatencyCounts old;
    old.add(std::numeric_limits<std::int64_t>::max());
    CHECK(old.latency()->p50 > std::int64_t{60} * 365 * 86400 * 1000);
}

TEST_CASE("one record in a hundred is beyond p99, and half of them are beyond p50") {
    LatencyCounts counts;
    for (int i = 0; i < 99; ++i)
        counts.add(i < 50 ? 3 : 9);
    counts.add(1000);
    CHECK(counts.latency() == Latency{3, 9});
    counts.add(1000);
    CHECK(counts.latency()->p50 == 9);
    CHECK(counts.latency()->p99 > 900);
}

TEST_CASE("what was committed more than two minutes ago is forgotten, of a minute ago is not") {
    RecentLatency latency;
    FakeClock clock;
    CHECK(latency.of(1, clock.now()) == std::nullopt);
    commit(latency, clock, 1000, 10);
    CHECK(latency.of(1, clock.now()) == Latency{10, 10});
    clock.time += seconds(61);
    commit(latency, clock, 1000, 4);
    CHECK(latency.of(1, clock.now()) == Latency{4, 10});
    clock.time += seconds(61);
    CHECK(latency.of(1, clock.now()) == Latency{4, 4});
    clock.time += seconds(61);
    CHECK(latency.of(1, clock.now()) == std::nullopt);
    commit(latency, clock, 1, 6);
    CHECK(latency.of(1, clock.now()) == Latency{6, 6});
}

TEST_CASE(
    "statements of one lane have their own latency: one that is behind is another's no more") {
    RecentLatency latency;
    FakeClock clock;
    commit(latency, clock, 10, 5, {1});
    commit(latency, clock, 10, 12, {2});
    CHECK(latency.of(1, clock.now()) == Latency{5, 5});
    CHECK(latency.of(2, clock.now()) == Latency{12, 12});
    commit(latency, clock, 0, 12, {1});
    CHECK(latency.of(1, clock.now()) == Latency{5, 5});
}

TEST_CASE("a record without a time has no latency") {
    RecentLatency latency;
    FakeClock clock;
    std::vector<Record> batch;
    batch.emplace_back();
    batch.back().timestamp = no_time;
    latency.committed({1}, batch, clock);
    CHECK(latency.of(1, clock.now()) == std::nullopt);
}
