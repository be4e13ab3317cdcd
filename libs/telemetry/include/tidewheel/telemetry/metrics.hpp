#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tidewheel::telemetry {

// Every metric that a service exposes, with its labels. metrics_table.cpp declares each once and
// says what it means; docs/reference/metrics.md is generated from the table, and a test compares
// them.
enum class Metric {
    records_consumed,       // counter {topic, partition}
    records_accepted,       // counter {topic, partition}
    records_dead_lettered,  // counter {topic, partition, reason}
    rows_written,           // counter {statement}
    batches_committed,      // counter {topic, partition}
    batch_records,          // histogram {topic}
    batch_seconds,          // histogram {topic}
    commit_seconds,         // histogram {topic}
    stage_seconds,          // histogram {topic, stage}
    latency_seconds,        // histogram {statement}
    retries,                // counter {topic, partition}
    lag_records,            // gauge {topic, partition}
    freshness_seconds,      // gauge {topic, partition}
    lanes,                  // gauge {state}
    statements_stopped,     // gauge
    dead_letters,           // gauge
    verified_seconds,       // gauge
    verified_different,     // gauge
    records_sent,           // counter {topic}
    records_delivered,      // counter {topic}
    records_failed,         // counter {topic}
    ingress_requests,       // counter {stream, status}
    ingress_records,        // counter {stream}
    ingress_refused,        // counter {stream, reason}
    ingress_seconds,        // histogram {stream}
    source_up,              // gauge {stream}
    source_records,         // counter {stream}
    source_bytes,           // counter {stream}
    source_lost,            // counter {stream}
    source_connects,        // counter {stream}
    source_gaps,            // counter {stream}
    source_gap_seconds,     // counter {stream}
    source_polls,           // counter {stream, outcome}
    waiting_rows,           // gauge {sink, subscriber}
    waiting_seconds,        // gauge {sink, subscriber}
    delivered_rows,         // counter {sink, subscriber}
    delivery_failures,      // counter {sink, subscriber}
    undelivered_rows,       // counter {sink, subscriber}
    capture_files,          // counter {sink}
    capture_bytes,          // counter {sink}
    capture_open_files,     // gauge {sink}
    capture_roll_seconds,   // gauge {sink}
    changefeed_records,     // counter {stream}
    changefeed_seconds,     // histogram {stream}
    changefeed_wal,         // gauge {stream}
    changefeed_stopped,     // gauge {stream}
    changefeed_slot,        // gauge {stream}
    changefeed_owned,       // gauge {stream}
    ready,                  // gauge
    database_up,            // gauge
    broker_up,              // gauge
    build_info,             // gauge {version}
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
// Many values for histograms of one metric, sorted into its buckets once.
class Tally {
  public:
    explicit Tally(Metric metric);
    void add(double value);

  private:
    friend class Histogram;
    std::vector<double> bounds_, counts_;
    double sum_ = 0;
};
class Histogram {
  public:
    void observe(double value);
    void observe(const Tally& values);

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
