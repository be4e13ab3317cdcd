#include "tidewheel/runtime/lane_metrics.hpp"

namespace tidewheel::runtime {

using telemetry::Metric;

LaneMetrics::LaneMetrics(telemetry::Metrics& metrics, const std::string& topic, int partition,
                         const std::unordered_map<int, std::string>& names)
    : metrics_(metrics), topic_(topic), partition_(std::to_string(partition)) {
    const telemetry::Labels lane{{"topic", topic_}, {"partition", partition_}};
    const telemetry::Labels by_topic{{"topic", topic_}};
    consumed_ = metrics.counter(Metric::records_consumed, lane);
    accepted_ = metrics.counter(Metric::records_accepted, lane);
    batches_ = metrics.counter(Metric::batches_committed, lane);
    retries_ = metrics.counter(Metric::retries, lane);
    batch_records_ = metrics.histogram(Metric::batch_records, by_topic);
    batch_seconds_ = metrics.histogram(Metric::batch_seconds, by_topic);
    commit_seconds_ = metrics.histogram(Metric::commit_seconds, by_topic);
    for (const auto& [id, name] : names)
        rows_.emplace(id, metrics.counter(Metric::rows_written, {{"statement", name}}));
}

void LaneMetrics::committed(const engine::LaneObserver::BatchDone& done) {
    using Seconds = std::chrono::duration<double>;
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
                                                     {"reason", std::string(engine::name(reason))}})
            .add();
}

}  // namespace tidewheel::runtime
