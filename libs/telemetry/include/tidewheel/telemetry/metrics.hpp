#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tidewheel::telemetry {

// Every metric that a service exposes, declared once in metrics_table.cpp:
// docs/reference/metrics.md is generated from the table and a golden test pins it.
enum class Metric {
    records_consumed,  // counter {topic, partition}      records read from Kafka
    records_accepted,  // counter {topic, partition}      records that passed the stream's rules
    records_dead_lettered,  // counter {topic, partition, reason}
    rows_written,       // counter {statement}             rows that PostgreSQL inserted, updated or
                        // merged
    batches_committed,  // counter {topic, partition}
    batch_records,      // histogram {topic}               records in a batch
    batch_seconds,      // histogram {topic}               from the first record of a batch to its
                        // commit
    commit_seconds,     // histogram {topic}               the transaction alone
    retries,            // counter {topic, partition}      transactions tried again after trouble
    lag_records,  // gauge {topic, partition}        end of the partition minus what is committed
    freshness_seconds,   // gauge {topic, partition}        age of the oldest record that is being
                         // committed; 0 when none waits
    lanes,               // gauge {state}                   running, retrying, stopped
    statements_stopped,  // gauge                           statements that PostgreSQL won't run
    records_sent,        // counter {topic}                 by the producer; delivered + failed +
                         // under way
    records_delivered,   // counter {topic}
    records_failed,      // counter {topic}
    ready,               // gauge                           1: what /readyz says
    database_up,         // gauge                           1: the last attempt worked
    broker_up,           // gauge                           1: a broker answers
    build_info,          // gauge {version}                 always 1
};

struct MetricDescription {
    std::string name;  // tidewheel_records_consumed_total
    std::string type;  // counter, gauge, histogram
    std::vector<std::string> labels;
    std::string unit;
    std::string help;
};
std::span<const MetricDescription> describe_metrics();
std::string metrics_as_markdown();

// Handles are looked up once, when a lane starts, never per record. Thread-safe.
class Counter {
  public:
    void add(double amount = 1);

  private:
    friend class Metrics;
    void* handle_ = nullptr;
};
class Gauge {
  public:
    void set(double value);

  private:
    friend class Metrics;
    void* handle_ = nullptr;
};
class Histogram {
  public:
    void observe(double value);

  private:
    friend class Metrics;
    void* handle_ = nullptr;
};

using Labels = std::map<std::string, std::string>;

class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // The labels must be exactly those of the table, and the metric of that type: otherwise
    // std::logic_error.
    Counter counter(Metric metric, const Labels& labels = {});
    Gauge gauge(Metric metric, const Labels& labels = {});
    Histogram histogram(Metric metric, const Labels& labels = {});
    // Takes a series away, when its partition is no longer ours: a stale lag would be counted
    // twice. Its handles die with it.
    void forget(Metric metric, const Labels& labels);
    std::string text() const;  // Prometheus' text format, for /metrics

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::telemetry
