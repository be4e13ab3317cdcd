#include <algorithm>

#include "feed.hpp"
#include "poll.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/weakened.hpp"
#include "tidewheel/telemetry/log.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using telemetry::Level;

// What is left of the interval since the last poll that worked, whoever made it.
milliseconds first_wait(const FeedContext& context) {
    const auto polled = context.standing.state().polled_at;
    if (!polled) return 0ms;
    const auto since = std::chrono::duration_cast<milliseconds>(Clock::system().wall() - *polled);
    return std::clamp(context.plan.source.interval - since, 0ms, context.plan.source.interval);
}

void note_body(Standing& standing, const Found& found, std::size_t records) {
    standing.change([&](catalogue::SourceState& state) {
        state.polled_at = Clock::system().wall();
        state.etag = found.etag;
        state.body_hash = found.hash;
        state.records += static_cast<std::int64_t>(records);
    });
}

void poll(const FeedContext& context, const std::stop_token& stop) {
    const auto known = context.standing.state();
    const Body body =
        fetch_body(context.plan, context.settings, {known.etag, known.body_hash}, stop);
    std::size_t records = 0;
    if (body.is_changed) {
        const auto all = records_of(context.plan, body.text);
        if (stop.stop_requested() || !context.standing.holds()) return;
        if (weakened("note_before_kafka")) note_body(context.standing, body.found, 0);
        publish(context.plan, context.kafka, all, stop);
        records = all.size();
        for (const std::string_view each : all)
            context.metrics.bytes.add(static_cast<double>(each.size()));
        context.metrics.records.add(static_cast<double>(records));
    }
    context.metrics.count_poll(body.is_changed ? "changed" : "unchanged");
    context.metrics.up.set(1);
    context.standing.note_well();
    note_body(context.standing, body.found, records);
    telemetry::log(Level::info, "polled",
                   {{"stream", context.plan.name},
                    {"changed", body.is_changed ? "yes" : "no"},
                    {"records", records}});
}

}  // namespace

void poll_repeatedly(const FeedContext& context, const std::stop_token& stop) {
    const milliseconds interval = context.plan.source.interval;
    Retry retry({.first = 1s, .longest = std::min<milliseconds>(interval, 1min)});
    milliseconds wait = first_wait(context);
    while (wait_for(stop, wait) && context.standing.holds()) {
        try {
            poll(context, stop);
            retry.succeeded();
            wait = interval;
        } catch (const Error& error) {
            if (stop.stop_requested()) return;
            // What is refused won't be better before the source has another body.
            wait = error.retryable() ? *retry.failed() : interval;
            context.metrics.count_poll(error.retryable() ? "unavailable" : "refused");
            context.metrics.up.set(0);
            context.standing.note_trouble(error.what());
            telemetry::log(Level::warning, "the poll failed",
                           {{"stream", context.plan.name},
                            {"reason", error.what()},
                            {"wait_ms", wait.count()},
                            {"hint", error.hint()}});
        }
    }
}

}  // namespace tidewheel::source
