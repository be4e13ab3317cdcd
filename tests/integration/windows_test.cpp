#include <csignal>

#include "applied.hpp"
#include "tidewheel/testing/catch.hpp"
#include "tidewheel/testing/deployment.hpp"

// tidewheel.windows, as a running aggregator keeps it. Times are moved back in place of waiting.
using namespace tidewheel;
using namespace tidewheel::testing;

namespace {

constexpr const char* pipeline = R"(
CREATE FOREIGN TABLE sold (n integer NOT NULL, at timestamptz NOT NULL)
    SERVER kafka OPTIONS (topic '{topic}', partitions '3', event_time 'at');
CREATE MATERIALIZED VIEW hourly AS SELECT date_trunc('hour', at) AS hour, sum(n) AS n FROM sold GROUP BY 1;
)";

std::string complete_until(const Deployment& deployment) {
    return deployment.value(
        "SELECT DISTINCT coalesce(complete_until::text, 'unknown') FROM tidewheel.windows");
}

void age(const Deployment& deployment, const std::string& columns) {
    deployment.query("UPDATE tidewheel.progress SET " + columns);
}

}  // namespace

TEST_CASE("windows are complete up to the slowest partition, empty and silent ones aside") {
    Deployment deployment;
    require_applied(deployment, pipeline);
    auto aggregator = deployment.start("tidewheel-aggregator");
    deployment.send(0, {R"({"n": 1, "at": "2026-01-01T10:00:00Z"})"});
    deployment.send(1, {R"({"n": 1, "at": "2026-01-01T12:00:00Z"})"});
    deployment.arrive();
    eventually("the empty partition has been seen, too", [&] {
        return deployment.value(
                   "SELECT count(*) FROM tidewheel.progress WHERE seen_at IS NOT NULL AND "
                   "next_offset = end_offset") == "3";
    });
    CHECK(complete_until(deployment) == "unknown");  // partition 2 is empty, but for a moment only
    age(deployment, "claimed_at = now() - interval '2 min'");
    CHECK(complete_until(deployment) == "2026-01-01 10:00:00+00");
    age(deployment, "committed_at = now() - interval '2 min' WHERE partition = 0");
    CHECK(complete_until(deployment) == "2026-01-01 12:00:00+00");

    aggregator->signal(SIGTERM);
    REQUIRE(aggregator->wait(std::chrono::seconds(12)) == 0);
    age(deployment, "seen_at = seen_at - interval '1 min'");
    CHECK(complete_until(deployment) == "unknown");  // what has arrived since is unknown
}
