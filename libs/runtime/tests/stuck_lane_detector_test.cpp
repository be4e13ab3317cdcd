#include "tidewheel/runtime/stuck_lane_detector.hpp"

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;
using namespace std::chrono_literals;

namespace {

const engine::TopicPartition where{"t", 1};

// One lane, with a timeout of 20 s.
struct Bench {
    testing::FakeClock clock;
    LaneStatus lane;
    std::optional<std::int64_t> readable_end = 10;
    int questions = 0;
    bool is_served = false;
    StuckLaneDetector stuck{20s,
                            [this](const auto&) {
                                ++questions;
                                return readable_end;
                            },
                            [this](const auto&) { return is_served; }, clock};

    Bench() {
        lane.next_offset = lane.position = 10;
        lane.partition_end = 10;
    }
    // Looks every second, as a service does; the lane goes on giving signs of life unless it hangs.
    std::optional<std::string> after(std::chrono::seconds time, bool hangs = false) {
        for (; time > 0s; time -= 1s) {
            clock.time += 1s;
            if (!hangs) lane.seen_at = clock.time;
            if (const auto words = stuck.look({{where, lane}})) return words;
        }
        return std::nullopt;
    }
};

}  // namespace

TEST_CASE("a lane whose thread does not respond is stuck, whatever its lag") {
    Bench bench;
    CHECK_FALSE(bench.after(20s, true));
    const auto words = bench.after(1s, true);
    REQUIRE(words);
    CHECK(*words == "lane t/1 has not responded for 21 s");
}

TEST_CASE("the time that the whole process was frozen is not held against its lanes") {
    Bench bench;
    CHECK_FALSE(bench.after(1s, true));
    bench.clock.time += 1h;
    CHECK_FALSE(bench.after(20s, true));
    CHECK(bench.after(2s, true));
}

TEST_CASE("a wait that the lane announced is life") {
    Bench bench;
    bench.lane.failure = "PostgreSQL is away";
    bench.lane.seen_at = bench.clock.time + 60s;
    CHECK_FALSE(bench.after(80s, true));
    CHECK(bench.after(1s, true));
}

TEST_CASE("a batch that PostgreSQL needs long for is no stuck lane, however long") {
    Bench bench;
    bench.is_served = true;
    CHECK_FALSE(bench.after(1h, true));
    bench.is_served = false;
    CHECK(bench.after(1s, true));
}

TEST_CASE("a lane that has ended is not stuck") {
    Bench bench;
    bench.lane.ended.emplace();
    CHECK_FALSE(bench.after(1h, true));
}

TEST_CASE("a lane that the broker has more for, and that gets nothing, is stuck") {
    Bench bench;
    bench.lane.partition_end = bench.readable_end.emplace(25);
    CHECK_FALSE(bench.after(24s));
    const auto words = bench.after(10s);
    REQUIRE(words);
    CHECK(words->find("lane t/1 receives no records, although the broker has had more for") == 0);
}

TEST_CASE("a transaction that holds the partition back makes no lane stuck") {
    Bench bench;
    bench.lane.partition_end = 25;
    CHECK_FALSE(bench.after(10min));
    CHECK(bench.questions > 0);
    CHECK(bench.questions <= 10min / 5s);
}

TEST_CASE("a broker that doesn't answer makes no lane stuck, nor does the time it was away") {
    Bench bench;
    bench.lane.partition_end = 25;
    bench.readable_end.reset();
    CHECK_FALSE(bench.after(10min));
    CHECK(bench.questions <= 10min / 5s);
    bench.readable_end = 25;
    CHECK_FALSE(bench.after(20s));
}

TEST_CASE("an outage of PostgreSQL, a batch under way and progress make no lane stuck") {
    Bench bench;
    bench.lane.partition_end = bench.readable_end.emplace(2000);
    SECTION("failure that is retried") {
        bench.lane.failure = "PostgreSQL is away";
        CHECK_FALSE(bench.after(10min));
    }
    SECTION("a batch that is being committed") {
        bench.lane.waiting_since = 1;
        CHECK_FALSE(bench.after(10min));
    }
    SECTION("progress now and then") {
        for (int i = 0; i < 20; ++i) {
            CHECK_FALSE(bench.after(15s));
            bench.lane.next_offset = ++bench.lane.position;
            bench.lane.progress_at = bench.clock.time;
        }
    }
}
