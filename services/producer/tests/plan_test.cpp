#include "producer/plan.hpp"

#include <sstream>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const Micros now = *parse_time("2026-11-21T12:00:00Z");

}  // namespace

TEST_CASE("without a start, a span ends now") {
    const Plan plan = plan_of({.count = 4, .span = 1h}, now, 1);
    CHECK(plan.events.start == now - 1h);
    CHECK(plan.events.step == 15min);
    CHECK(plan.span == 1h);
}

TEST_CASE("with a rate and no span, events happen as they are sent") {
    const Plan plan = plan_of({.count = 30, .rate = 3}, now, 1);
    CHECK(plan.events.start == now);
    CHECK(plan.events.step == 333'333'333ns);
    CHECK(plan.range.pace == plan.events.step);
    const Plan again =
        plan_of({.count = 30, .start = plan.events.start, .span = plan.span}, now + 1h, 1);
    CHECK(again.events.step == plan.events.step);
    CHECK(again.events.start == plan.events.start);
}

TEST_CASE("a seed that is not given is the one offered") {
    CHECK(plan_of({}, now, 77).events.seed == 77);
    CHECK(plan_of({.seed = 5}, now, 77).events.seed == 5);
}

TEST_CASE("options that contradict each other are refused with a hint") {
    const ProduceOptions wrong[] = {
        {.count = 0},   {.count = 0, .rate = 1, .span = 1h}, {.rate = -1}, {.rate = 1e-9},
        {.rate = 1e10}, {.count = ~0ull, .rate = 0.001},
    };
    for (const ProduceOptions& options : wrong) {
        try {
            plan_of(options, now, 1);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.kind() == Error::Kind::setting);
            CHECK_FALSE(error.hint().empty());
        }
    }
}

TEST_CASE("a stream that has no generator is refused, and those that have one are named") {
    std::ostringstream out;
    try {
        run_produce({}, {.stream = "invoices"}, out, {});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::setting);
        CHECK_THAT(error.what(), ContainsSubstring("invoices"));
        CHECK_THAT(error.hint(), ContainsSubstring("store_events, orders"));
    }
    CHECK(out.str().empty());
}
