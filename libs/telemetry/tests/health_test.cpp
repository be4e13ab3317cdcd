#include "tidewheel/telemetry/health.hpp"

#include "tidewheel/testing/catch.hpp"

using tidewheel::telemetry::Health;

TEST_CASE("A service without parts in trouble is ready") {
    Health health;
    CHECK_FALSE(health.trouble());
    health.well("database");
    CHECK_FALSE(health.trouble());
}

TEST_CASE("Each part in trouble says so on a line of its own, with its latest sentence") {
    Health health;
    health.lacking("kafka", "no broker answers");
    health.lacking("database", "starting");
    health.lacking("database", "connection refused");
    CHECK(health.trouble() == "database: connection refused\nkafka: no broker answers\n");
}

TEST_CASE("A part that is well again or gone no longer holds the service back") {
    Health health;
    health.lacking("lane 1", "stalled");
    health.lacking("lane 2", "stalled");
    health.well("lane 1");
    CHECK(health.trouble() == "lane 2: stalled\n");
    health.forget("lane 2");
    CHECK_FALSE(health.trouble());
}
