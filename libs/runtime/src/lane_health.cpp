#include "tidewheel/runtime/lane_health.hpp"

#include "tidewheel/engine/record.hpp"

namespace tidewheel::runtime {
namespace {

using telemetry::Metric;

telemetry::Labels labels(const LaneKey& key) {
    return {{"topic", key.where.topic},
            {"partition", std::to_string(key.where.partition)},
            {"stream", key.stream}};
}

}  // namespace

LaneHealth::LaneHealth(telemetry::Metrics& metrics, telemetry::Health& health,
                       std::chrono::milliseconds stall_after, const Clock& clock)
    : metrics_(metrics), health_(health), stall_after_(stall_after), clock_(clock) {}

void LaneHealth::look(const LaneStatuses& lanes) {
    std::set<LaneKey> here;
    for (const auto& [where, lane] : lanes) {
        const LaneKey key = key_of(where, lane);
        measure(key, lane);
        judge(to_text(key), lane);
        here.insert(key);
    }
    for (const LaneKey& key : known_)
        if (!here.contains(key)) forget(key);
    known_ = std::move(here);
    count(lanes);
}

void LaneHealth::count(const LaneStatuses& lanes) {
    int running = 0, retrying = 0, stopped = 0;
    for (const auto& [where, lane] : lanes)
        (lane.ended ? stopped : lane.failure.empty() ? running : retrying)++;
    metrics_.gauge(Metric::lanes, {{"state", "running"}}).set(running);
    metrics_.gauge(Metric::lanes, {{"state", "retrying"}}).set(retrying);
    metrics_.gauge(Metric::lanes, {{"state", "stopped"}}).set(stopped);
}

void LaneHealth::measure(const LaneKey& key, const LaneStatus& lane) {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall().time_since_epoch())
            .count();
    // Between two batches the newest committed record stands for the next one, which isn't known.
    const std::int64_t oldest = lane.waiting_since != 0 ? lane.waiting_since : lane.record_time;
    const bool behind = lane.lag() > 0 && oldest != 0 && engine::finite_time(oldest);
    metrics_.gauge(Metric::lag_records, labels(key)).set(static_cast<double>(lane.lag()));
    metrics_.gauge(Metric::freshness_seconds, labels(key))
        .set(behind ? static_cast<double>(now - oldest) / 1000.0 : 0);
}

void LaneHealth::judge(const std::string& name, const LaneStatus& lane) {
    const auto silent =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - lane.progress_at);
    const bool has_work = lane.lag() > 0 || !lane.failure.empty();
    if (lane.ended)
        health_.set_degraded(name, "stopped: " + lane.failure);
    else if (has_work && silent > stall_after_)
        health_.set_degraded(name, "no progress for " + std::to_string(silent.count()) +
                                       " s with a lag of " + std::to_string(lane.lag()) +
                                       (lane.waits ? ": other lanes have all sessions" : "") +
                                       (lane.failure.empty() ? "" : ": " + lane.failure));
    else
        health_.set_healthy(name);
}

void LaneHealth::forget(const LaneKey& key) {
    metrics_.forget(Metric::lag_records, labels(key));
    metrics_.forget(Metric::freshness_seconds, labels(key));
    health_.forget(to_text(key));
}

}  // namespace tidewheel::runtime
