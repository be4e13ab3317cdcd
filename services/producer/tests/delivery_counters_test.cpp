#include "producer/delivery_counters.hpp"

#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using Catch::Matchers::ContainsSubstring;

namespace {

auto shows(const std::string& what, int count) {
    return ContainsSubstring("tidewheel_records_" + what + "_total{topic=\"t\"} " +
                             std::to_string(count) + "\n");
}

}  // namespace

TEST_CASE("deliveries are counted from the start, once each, over all runs") {
    telemetry::Metrics metrics;
    DeliveryCounters counters(metrics, "t");
    CHECK_THAT(metrics.text(), shows("sent", 0) && shows("delivered", 0) && shows("failed", 0));

    kafka::Deliveries one, other;
    counters.advance(one, {.sent = 5, .delivered = 2, .failed = 0, .first_failure = {}});
    counters.advance(other, {.sent = 10, .delivered = 10, .failed = 0, .first_failure = {}});
    counters.advance(one, {.sent = 6, .delivered = 3, .failed = 3, .first_failure = "lost"});
    CHECK_THAT(metrics.text(), shows("sent", 16) && shows("delivered", 13) && shows("failed", 3));
    CHECK(one.first_failure == "lost");
}
