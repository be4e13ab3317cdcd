#include "tidewheel/runtime/lane_health.hpp"

#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/clock.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;
using namespace std::chrono_literals;

namespace {

struct Bench {
    telemetry::Metrics metrics;
    telemetry::Health health;
    testing::FakeClock clock;
    LaneHealth lane_health{metrics, health, 30s, clock};

    Bench() { clock.wall_time = std::chrono::system_clock::time_point(100s); }
    LaneStatus lane(std::int64_t next, std::int64_t end) const {
        LaneStatus status;
        status.stream = "s";
        status.next_offset = next;
        status.partition_end = end;
        status.record_time = 95'000;
        status.progress_at = clock.now();
        return status;
    }
    bool exposes(const std::string& line) const {
        return metrics.text().find(line) != std::string::npos;
    }
};

}  // namespace

TEST_CASE("a lane that is behind but makes progress is ready, and its lag and age are shown") {
    Bench bench;
    bench.lane_health.look({{{"t", 1}, bench.lane(10, 25)}});
    CHECK_FALSE(bench.health.not_ready());
    CHECK(bench.exposes("tidewheel_lag_records{partition=\"1\",stream=\"s\",topic=\"t\"} 15"));
    CHECK(bench.exposes("tidewheel_freshness_seconds{partition=\"1\",stream=\"s\",topic=\"t\"} 5"));
}

TEST_CASE(
    "a lag that stands without progress makes the service not ready, and progress makes it ready "
    "again") {
    Bench bench;
    LaneStatus lane = bench.lane(10, 25);
    bench.clock.time += 31s;
    bench.lane_health.look({{{"t", 1}, lane}});
    REQUIRE(bench.health.not_ready());
    CHECK(bench.health.not_ready()->find("t/1") != std::string::npos);
    CHECK(bench.health.not_ready()->find("lag of 15") != std::string::npos);
    lane.progress_at = bench.clock.now();
    bench.lane_health.look({{{"t", 1}, lane}});
    CHECK_FALSE(bench.health.not_ready());
}

TEST_CASE("two streams of a topic each have a lane in a partition, and each is judged alone") {
    Bench bench;
    LaneStatus first = bench.lane(10, 25), second = bench.lane(20, 25);
    second.stream = "raw";
    second.group_number = 2;
    second.ended.emplace();
    second.failure = "its table is gone";
    bench.lane_health.look({{{"t", 1}, first}, {{"t", 1}, second}});
    CHECK(*bench.health.not_ready() == "t/1 of raw: stopped: its table is gone\n");
    CHECK(bench.exposes("tidewheel_lag_records{partition=\"1\",stream=\"s\",topic=\"t\"} 15"));
    CHECK(bench.exposes("tidewheel_lag_records{partition=\"1\",stream=\"raw\",topic=\"t\"} 5"));
    bench.lane_health.look({{{"t", 1}, first}});
    CHECK_FALSE(bench.health.not_ready());
    CHECK_FALSE(bench.exposes("stream=\"raw\""));
    CHECK(bench.exposes("tidewheel_lag_records{partition=\"1\",stream=\"s\",topic=\"t\"} 15"));
}

TEST_CASE("a lane with nothing to do is ready however long it is silent") {
    Bench bench;
    const LaneStatus lane = bench.lane(25, 25);
    bench.clock.time += 1h;
    bench.lane_health.look({{{"t", 1}, lane}});
    CHECK_FALSE(bench.health.not_ready());
}

TEST_CASE("a lane that has stopped makes the service not ready and says why") {
    Bench bench;
    LaneStatus lane = bench.lane(10, 25);
    lane.ended.emplace();
    lane.failure = "offset 10 is gone";
    bench.lane_health.look({{{"t", 1}, lane}});
    CHECK(bench.health.not_ready()->find("offset 10 is gone") != std::string::npos);
    CHECK(bench.exposes("tidewheel_lanes{state=\"stopped\"} 1"));
}

TEST_CASE("a lane that moved to another process leaves nothing behind") {
    Bench bench;
    LaneStatus lane = bench.lane(10, 25);
    lane.ended.emplace();
    bench.lane_health.look({{{"t", 1}, lane}});
    bench.lane_health.look({});
    CHECK_FALSE(bench.health.not_ready());
    CHECK_FALSE(bench.exposes("tidewheel_lag_records{"));
}
