#include "tidewheel/runtime/lane_watch.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::runtime;
using namespace std::chrono_literals;

namespace {

class FakeClock final : public Clock {
  public:
    Monotonic time{};
    Monotonic now() const override { return time; }
    std::chrono::system_clock::time_point wall() const override {
        return std::chrono::system_clock::time_point(100s);
    }
};

struct Bench {
    telemetry::Metrics metrics;
    telemetry::Health health;
    FakeClock clock;
    LaneWatch watch{metrics, health, 30s, clock};

    LaneStatus lane(std::int64_t next, std::int64_t end) const {
        LaneStatus status;
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
    bench.watch.look({{{"t", 1}, bench.lane(10, 25)}});
    CHECK_FALSE(bench.health.trouble());
    CHECK(bench.exposes("tidewheel_lag_records{partition=\"1\",topic=\"t\"} 15"));
    CHECK(bench.exposes("tidewheel_freshness_seconds{partition=\"1\",topic=\"t\"} 5"));
}

TEST_CASE(
    "a lag that stands without progress makes the service not ready, and progress makes it ready "
    "again") {
    Bench bench;
    LaneStatus lane = bench.lane(10, 25);
    bench.clock.time += 31s;
    bench.watch.look({{{"t", 1}, lane}});
    REQUIRE(bench.health.trouble());
    CHECK(bench.health.trouble()->find("t/1") != std::string::npos);
    CHECK(bench.health.trouble()->find("lag of 15") != std::string::npos);
    lane.progress_at = bench.clock.now();
    bench.watch.look({{{"t", 1}, lane}});
    CHECK_FALSE(bench.health.trouble());
}

TEST_CASE("a lane with nothing to do is ready however long it is silent") {
    Bench bench;
    const LaneStatus lane = bench.lane(25, 25);
    bench.clock.time += 1h;
    bench.watch.look({{{"t", 1}, lane}});
    CHECK_FALSE(bench.health.trouble());
}

TEST_CASE("a lane that has stopped makes the service not ready and says why") {
    Bench bench;
    LaneStatus lane = bench.lane(10, 25);
    lane.ended = Error::Kind::refused;
    lane.trouble = "offset 10 is gone";
    bench.watch.look({{{"t", 1}, lane}});
    CHECK(bench.health.trouble()->find("offset 10 is gone") != std::string::npos);
    CHECK(bench.exposes("tidewheel_lanes{state=\"stopped\"} 1"));
}

TEST_CASE("a lane that moved to another process leaves nothing behind") {
    Bench bench;
    LaneStatus lane = bench.lane(10, 25);
    lane.ended = Error::Kind::fenced;
    bench.watch.look({{{"t", 1}, lane}});
    bench.watch.look({});
    CHECK_FALSE(bench.health.trouble());
    CHECK_FALSE(bench.exposes("tidewheel_lag_records{"));
}
