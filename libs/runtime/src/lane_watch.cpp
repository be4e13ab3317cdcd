#include "tidewheel/runtime/lane_watch.hpp"

namespace tidewheel::runtime {
namespace {

using telemetry::Metric;

std::string label(const kafka::TopicPartition& where) {
    return where.topic + "/" + std::to_string(where.partition);
}

telemetry::Labels labels(const kafka::TopicPartition& where) {
    return {{"topic", where.topic}, {"partition", std::to_string(where.partition)}};
}

}  // namespace

LaneWatch::LaneWatch(telemetry::Metrics& metrics, telemetry::Health& health,
                     std::chrono::milliseconds stall_after, const Clock& clock)
    : metrics_(metrics), health_(health), stall_after_(stall_after), clock_(clock) {}

void LaneWatch::look(const Lanes& lanes) {
    std::set<kafka::TopicPartition> here;
    for (const auto& [where, lane] : lanes) {
        here.insert(where);
        measure(where, lane);
        judge(where, lane);
    }
    for (const kafka::TopicPartition& where : known_)
        if (!here.contains(where)) forget(where);
    known_ = std::move(here);
    count(lanes);
}

void LaneWatch::count(const Lanes& lanes) {
    int running = 0, retrying = 0, stopped = 0;
    for (const auto& [where, lane] : lanes)
        (lane.ended ? stopped : lane.trouble.empty() ? running : retrying)++;
    metrics_.gauge(Metric::lanes, {{"state", "running"}}).set(running);
    metrics_.gauge(Metric::lanes, {{"state", "retrying"}}).set(retrying);
    metrics_.gauge(Metric::lanes, {{"state", "stopped"}}).set(stopped);
}

void LaneWatch::measure(const kafka::TopicPartition& where, const LaneStatus& lane) {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall().time_since_epoch())
            .count();
    // Between two batches the newest committed record stands for the next one, which isn't known.
    const std::int64_t oldest = lane.waiting_since != 0 ? lane.waiting_since : lane.record_time;
    const bool behind = lane.lag() > 0 && oldest != 0;
    metrics_.gauge(Metric::lag_records, labels(where)).set(static_cast<double>(lane.lag()));
    metrics_.gauge(Metric::freshness_seconds, labels(where))
        .set(behind ? static_cast<double>(now - oldest) / 1000.0 : 0);
}

void LaneWatch::judge(const kafka::TopicPartition& where, const LaneStatus& lane) {
    const auto silent =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - lane.progress_at);
    const bool has_work = lane.lag() > 0 || !lane.trouble.empty();
    if (lane.ended)
        health_.lacking(label(where), "stopped: " + lane.trouble);
    else if (has_work && silent > stall_after_)
        health_.lacking(label(where), "no progress for " + std::to_string(silent.count()) +
                                          " s with a lag of " + std::to_string(lane.lag()) +
                                          (lane.trouble.empty() ? "" : ": " + lane.trouble));
    else
        health_.well(label(where));
}

void LaneWatch::forget(const kafka::TopicPartition& where) {
    metrics_.forget(Metric::lag_records, labels(where));
    metrics_.forget(Metric::freshness_seconds, labels(where));
    health_.forget(label(where));
}

}  // namespace tidewheel::runtime
