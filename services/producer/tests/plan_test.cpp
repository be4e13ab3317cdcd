#include "producer/plan.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

#include "tidewheel/core/error.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::producer;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const Micros now = *parse_time("2026-11-21T12:00:00Z");

ProduceOptions parsed(const std::string& line) {
    ProduceOptions options;
    CLI::App app;
    bind(app, options);
    app.parse(line);
    return options;
}

}  // namespace

TEST_CASE("the flags set the options") {
    const ProduceOptions options = parsed(
        "store_events --count 7 --rate 2.5 --seed 9 --bad 10 --late 5 --late-by 2h --duplicates 1 "
        "--start 2026-01-01T00:00:00Z --span 30m --topic t --store-fqdn f --store-ip i --json "
        "--quiet");
    CHECK(options.stream == "store_events");
    CHECK(options.count == 7);
    CHECK(options.rate == 2.5);
    CHECK(options.seed == 9u);
    CHECK(options.bad == 10);
    CHECK(options.late == 5);
    CHECK(options.late_by == 2h);
    CHECK(options.duplicates == 1);
    CHECK(options.start == parse_time("2026-01-01"));
    CHECK(options.span == 30min);
    CHECK(options.topic == "t");
    CHECK(options.store_fqdn == "f");
    CHECK(options.store_ip == "i");
    CHECK(options.json);
    CHECK(options.quiet);
}

TEST_CASE("a flag with a value that makes no sense is refused") {
    for (const char* line :
         {"--count -1", "--count ten", "--bad 101", "--late -1", "--span soon", "--start yesterday",
          "--start 2026-01-01T00:00:00+02:00", "--seed -1"}) {
        CAPTURE(line);
        CHECK_THROWS_AS(parsed(line), CLI::ParseError);
    }
}

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
        run_produce({}, {.stream = "orders"}, out, {});
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == Error::Kind::setting);
        CHECK_THAT(error.what(), ContainsSubstring("orders"));
        CHECK_THAT(error.hint(), ContainsSubstring("store_events"));
    }
    CHECK(out.str().empty());
}
