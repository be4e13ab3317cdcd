#include "tidewheel/runtime/lane_metrics.hpp"

#include <algorithm>
#include <chrono>

namespace tidewheel::runtime {

using telemetry::Metric;
using Seconds = std::chrono::duration<double>;

LaneMetrics::LaneMetrics(telemetry::Metrics& metrics, const std::string& topic, int partition,
                         const std::string& stream,
                         const std::unordered_map<int, std::string>& names)
    : metrics_(metrics), topic_(topic), partition_(std::to_string(partition)), stream_(stream) {
    const telemetry::Labels lane{{"topic", topic_}, {"partition", partition_}, {"stream", stream_}};
    const telemetry::Labels by_stream{{"topic", topic_}, {"stream", stream_}};
    consumed_ = metrics.counter(Metric::records_consumed, lane);
    accepted_ = metrics.counter(Metric::records_accepted, lane);
    batches_ = metrics.counter(Metric::batches_committed, lane);
    retries_ = metrics.counter(Metric::retries, lane);
    batch_records_ = metrics.histogram(Metric::batch_records, by_stream);
    batch_seconds_ = metrics.histogram(Metric::batch_seconds, by_stream);
    commit_seconds_ = metrics.histogram(Metric::commit_seconds, by_stream);
    for (std::size_t i = 0; i < stage_seconds_.size(); ++i)
        stage_seconds_.at(i) = metrics.histogram(
            Metric::stage_seconds, {{"topic", topic_},
                                    {"stream", stream_},
                                    {"stage", std::string(engine::batch_stages.at(i))}});
    for (const auto& [id, name] : names) {
        rows_.emplace(id, metrics.counter(Metric::rows_written, {{"statement", name}}));
        latency_seconds_.emplace(id,
                                 metrics.histogram(Metric::latency_seconds, {{"statement", name}}));
    }
}

void LaneMetrics::observe_stages(engine::StageTimes times, engine::StageTimes::Duration decoding) {
    times[engine::BatchStage::decode] = decoding;
    for (std::size_t i = 0; i < stage_seconds_.size(); ++i)
        stage_seconds_.at(i).observe(Seconds(times[static_cast<engine::BatchStage>(i)]).count());
}

// Of each record, from its own time until now, when it can be seen. A sender's clock may be ahead.
void LaneMetrics::observe_latency(const engine::CommitRequest& request) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    telemetry::Tally seconds(Metric::latency_seconds);
    for (const engine::Record& record : request.batch.records())
        if (record.timestamp >= 0)
            seconds.add(static_cast<double>(std::max<std::int64_t>(0, now - record.timestamp)) /
                        1000);
    for (const int statement : request.statements)
        if (const auto found = latency_seconds_.find(statement); found != latency_seconds_.end())
            found->second.observe(seconds);
}

void LaneMetrics::committed(const engine::LaneObserver::BatchDone& done,
                            engine::StageTimes::Duration decoding) {
    observe_stages(done.committed.times, decoding);
    observe_latency(done.request);
    consumed_.add(static_cast<double>(done.records));
    accepted_.add(static_cast<double>(done.committed.accepted));
    batches_.add();
    batch_records_.observe(static_cast<double>(done.records));
    batch_seconds_.observe(Seconds(done.filling + done.committing).count());
    commit_seconds_.observe(Seconds(done.committing).count());
    for (const auto& [statement, rows] : done.committed.rows_written)
        if (const auto counter = rows_.find(statement); counter != rows_.end())
            counter->second.add(static_cast<double>(rows));
    for (const engine::Reason reason : done.committed.dead_letters)
        metrics_
            .counter(Metric::records_dead_lettered, {{"topic", topic_},
                                                     {"partition", partition_},
                                                     {"stream", stream_},
                                                     {"reason", std::string(engine::name(reason))}})
            .add();
}

}  // namespace tidewheel::runtime
