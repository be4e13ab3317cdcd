#include "tidewheel/telemetry/health.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::telemetry::Health;

TEST_CASE("A service whose parts are all well is ready") {
    Health health;
    CHECK_FALSE(health.not_ready());
    health.set_healthy("database");
    CHECK_FALSE(health.not_ready());
}

TEST_CASE("Each part that is not well has a line of its own, with its latest sentence") {
    Health health;
    health.set_degraded("kafka", "no broker answers");
    health.set_degraded("database", "starting");
    health.set_degraded("database", "connection refused");
    CHECK(health.not_ready() == "database: connection refused\nkafka: no broker answers\n");
}

TEST_CASE("A part that is well again or gone no longer holds the service back") {
    Health health;
    health.set_degraded("lane 1", "stalled");
    health.set_degraded("lane 2", "stalled");
    health.set_healthy("lane 1");
    CHECK(health.not_ready() == "lane 2: stalled\n");
    health.forget("lane 2");
    CHECK_FALSE(health.not_ready());
}
