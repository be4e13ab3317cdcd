#include "producer/plan.hpp"

#include <random>

#include "tidewheel/core/error.hpp"

namespace tidewheel::producer {
namespace {

using std::chrono::nanoseconds;

constexpr double slowest = 1e-3, fastest = 1e9;  // events a second

nanoseconds pace_of(double rate) {
    return rate > 0 ? nanoseconds(static_cast<std::int64_t>(1e9 / rate)) : nanoseconds(0);
}

void check(const ProduceOptions& options) {
    if (options.rate != 0 && !(options.rate >= slowest && options.rate <= fastest))
        throw Error(Error::Kind::setting, "--rate is out of range",
                    "Use 0 for no limit, or 0.001 to 1000000000 events per second.");
    if (options.count > 0) return;
    if (options.rate <= 0)
        throw Error(Error::Kind::setting, "--count 0 (until stopped) needs a --rate",
                    "Add --rate 1000, or give the number of events with --count.");
    if (options.span)
        throw Error(Error::Kind::setting, "--span needs a --count: without end there is no span",
                    "Leave --span out; each event then happens when it is sent.");
}

nanoseconds all_steps(const Plan& plan) {
    const auto step = static_cast<std::uint64_t>(plan.events.step.count());
    constexpr auto longest = static_cast<std::uint64_t>(nanoseconds::max().count());
    if (step > 0 && plan.range.count > longest / step)
        throw Error(Error::Kind::setting, "at this --rate, --count events take centuries",
                    "Lower --count, or raise --rate.");
    return nanoseconds(step * plan.range.count);
}

}  // namespace

Plan plan_of(const ProduceOptions& options, Micros now, std::uint64_t seed, std::uint64_t first) {
    check(options);
    Plan plan;
    plan.range = {.first = first, .count = options.count, .pace = pace_of(options.rate)};

    StoreEventPlan& events = plan.events;
    events.step =
        options.span
            ? nanoseconds(static_cast<std::uint64_t>(options.span->count()) / options.count)
            : plan.range.pace;
    if (options.count > 0) plan.span = options.span ? *options.span : all_steps(plan);
    const auto before_now = options.span.value_or(nanoseconds(0));
    events.start = options.start.value_or(
        now - std::chrono::duration_cast<std::chrono::microseconds>(before_now));
    events.first = first;
    events.seed = options.seed.value_or(seed);
    events.bad = Share::percent(options.bad);
    events.late = Share::percent(options.late);
    events.duplicates = Share::percent(options.duplicates);
    events.late_by = options.late_by;
    events.store_fqdn = options.store_fqdn;
    events.store_ip = options.store_ip;
    return plan;
}

OrderPlan order_plan(const Plan& plan) {
    return {.seed = plan.events.seed,
            .bad = plan.events.bad,
            .first = plan.events.first,
            .start = plan.events.start,
            .step = plan.events.step};
}

Micros now_in_micros() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::uint64_t random_seed() {
    return std::random_device{}();
}

}  // namespace tidewheel::producer
