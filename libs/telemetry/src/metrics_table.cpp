#include "metrics_table.hpp"

namespace tidewheel::telemetry {
namespace {

// In the order of Metric.
const std::vector<MetricDescription> table = {
    {"tidewheel_records_consumed_total",
     "counter",
     {"topic", "stream", "partition"},
     "records",
     "Records read from Kafka."},
    {"tidewheel_records_accepted_total",
     "counter",
     {"topic", "stream", "partition"},
     "records",
     "Records that passed the stream's rules, and tombstones that it ignores."},
    {"tidewheel_records_dead_lettered_total",
     "counter",
     {"topic", "stream", "partition", "reason"},
     "records",
     "Records that became dead letters, by reason."},
    {"tidewheel_rows_written_total",
     "counter",
     {"statement"},
     "rows",
     "Rows that PostgreSQL inserted, updated or merged."},
    {"tidewheel_batches_committed_total",
     "counter",
     {"topic", "stream", "partition"},
     "batches",
     "Transactions that committed."},
    {"tidewheel_batch_records", "histogram", {"topic", "stream"}, "records", "Records in a batch."},
    {"tidewheel_batch_seconds",
     "histogram",
     {"topic", "stream"},
     "seconds",
     "Time from the first record of a batch to its commit."},
    {"tidewheel_commit_seconds",
     "histogram",
     {"topic", "stream"},
     "seconds",
     "Time of a batch's transaction alone."},
    {"tidewheel_stage_seconds",
     "histogram",
     {"topic", "stream", "stage"},
     "seconds",
     "Time of a batch by stage: decode (by samples), stage (columns to PostgreSQL), rules (the "
     "stream's CHECKs), rows, views, progress (dead letters, and asking Kafka whether "
     "the log is the same), commit (with the progress itself)."},
    {"tidewheel_latency_seconds",
     "histogram",
     {"statement"},
     "seconds",
     "From a record's own timestamp until a commit shows what it led to."},
    {"tidewheel_retries_total",
     "counter",
     {"topic", "stream", "partition"},
     "transactions",
     "Transactions retried after a server failed."},
    {"tidewheel_lag_records",
     "gauge",
     {"topic", "stream", "partition"},
     "records",
     "End of the partition minus what is committed."},
    {"tidewheel_freshness_seconds",
     "gauge",
     {"topic", "stream", "partition"},
     "seconds",
     "Age of the oldest record that is being committed; 0 when none waits."},
    {"tidewheel_lanes",
     "gauge",
     {"state"},
     "lanes",
     "Lanes that are running, retrying or stopped."},
    {"tidewheel_statements_stopped",
     "gauge",
     {},
     "statements",
     "Statements that are quarantined because PostgreSQL refuses to run them, and partitions in "
     "which a statement lacks records that no longer exist; the log and /readyz say why."},
    {"tidewheel_dead_letters",
     "gauge",
     {"statement"},
     "records",
     "Dead letters that the statement has missed and that nobody has redriven or discarded; "
     "counted every half minute, up to 100,000 of all statements."},
    {"tidewheel_verified_seconds",
     "gauge",
     {"statement"},
     "seconds",
     "Time since `tidewheel verify` last compared the statement; no series: never."},
    {"tidewheel_verified_different",
     "gauge",
     {"statement"},
     "0 or 1",
     "1 if `tidewheel verify` found a difference then."},
    {"tidewheel_records_sent_total",
     "counter",
     {"topic"},
     "records",
     "Records that the producer has handed to its Kafka client."},
    {"tidewheel_records_delivered_total",
     "counter",
     {"topic"},
     "records",
     "Records of the producer that the brokers have acknowledged."},
    {"tidewheel_records_failed_total",
     "counter",
     {"topic"},
     "records",
     "Records that the producer could not deliver."},
    {"tidewheel_ingress_requests_total",
     "counter",
     {"stream", "status"},
     "requests",
     "Requests that the ingress has answered, by the stream at whose path (none: no stream's) and "
     "by HTTP status."},
    {"tidewheel_ingress_records_total",
     "counter",
     {"stream"},
     "records",
     "Records of accepted requests: the brokers have acknowledged each of them."},
    {"tidewheel_ingress_refused_records_total",
     "counter",
     {"stream", "reason"},
     "records",
     "Records that the ingress found bad, by reason; no dead letter is made of them."},
    {"tidewheel_ingress_seconds",
     "histogram",
     {"stream"},
     "seconds",
     "From a request that has arrived until its answer."},
    {"tidewheel_source_up",
     "gauge",
     {"stream"},
     "0 or 1",
     "1 while the stream's websocket is connected, or after a poll that worked. Only the instance "
     "that owns the source has it."},
    {"tidewheel_source_records_total",
     "counter",
     {"stream"},
     "records",
     "Records of the source that the brokers have acknowledged."},
    {"tidewheel_source_bytes_total",
     "counter",
     {"stream"},
     "bytes",
     "The size of these records, without their keys."},
    {"tidewheel_source_lost_records_total",
     "counter",
     {"stream"},
     "records",
     "Messages of a websocket that came and that Kafka refused, or that were not acknowledged when "
     "the service stopped; the log says which time they are of."},
    {"tidewheel_source_connects_total",
     "counter",
     {"stream"},
     "connections",
     "Connections to the stream's websocket, the first one included."},
    {"tidewheel_source_gaps_total",
     "counter",
     {"stream"},
     "gaps",
     "Times without a connection, in which messages were missed if any were sent; the log has the "
     "beginning and the end of each."},
    {"tidewheel_source_gap_seconds_total",
     "counter",
     {"stream"},
     "seconds",
     "The length of these gaps."},
    {"tidewheel_source_polls_total",
     "counter",
     {"stream", "outcome"},
     "polls",
     "Polls by outcome: changed, unchanged, refused (the body or the answer is of no use) or "
     "unavailable (no answer, or Kafka is away)."},
    {"tidewheel_waiting_rows",
     "gauge",
     {"sink", "subscriber"},
     "rows",
     "Rows of a sink that wait for a subscriber, counted up to 100,000."},
    {"tidewheel_waiting_seconds",
     "gauge",
     {"sink", "subscriber"},
     "seconds",
     "Age of the oldest of them; 0 when none waits."},
    {"tidewheel_delivered_rows_total",
     "counter",
     {"sink", "subscriber"},
     "rows",
     "Rows that a subscriber has taken."},
    {"tidewheel_delivery_failures_total",
     "counter",
     {"sink", "subscriber"},
     "attempts",
     "Attempts that failed; each is repeated, until a row is set aside."},
    {"tidewheel_undelivered_rows_total",
     "counter",
     {"sink", "subscriber"},
     "rows",
     "Rows that were set aside because the subscriber did not take them in time."},
    {"tidewheel_changefeed_records_total",
     "counter",
     {"stream"},
     "records",
     "Records of the changes of a table that are committed in its topic, tombstones included."},
    {"tidewheel_changefeed_seconds",
     "histogram",
     {"stream"},
     "seconds",
     "From the commit of a transaction in PostgreSQL until the commit of its changes in Kafka."},
    {"tidewheel_changefeed_wal_bytes",
     "gauge",
     {"stream"},
     "bytes",
     "WAL that PostgreSQL has written since the position that the stream's replication slot "
     "confirms, and keeps for it; said by the service that owns the stream."},
    {"tidewheel_changefeed_stopped",
     "gauge",
     {"stream"},
     "0 or 1",
     "1 when the changes of a table are not sent until somebody corrects something; the log and "
     "/readyz say what."},
    {"tidewheel_ready",
     "gauge",
     {},
     "0 or 1",
     "1 when the service is ready; otherwise /readyz says why not."},
    {"tidewheel_database_up",
     "gauge",
     {},
     "0 or 1",
     "1 when the last attempt to use the database worked."},
    {"tidewheel_broker_up", "gauge", {}, "0 or 1", "1 when a broker answers."},
    {"tidewheel_build_info", "gauge", {"version"}, "1", "The version that runs; always 1."},
};

}  // namespace

std::span<const MetricDescription> describe_metrics() {
    return table;
}

const MetricDescription& describe(Metric metric) {
    return table.at(static_cast<std::size_t>(metric));
}

std::vector<double> bucket_bounds(const MetricDescription& histogram) {
    if (histogram.unit == "seconds") {
        return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025,
                0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,      10,   30};
    }
    return {1, 10, 100, 500, 1000, 2500, 5000, 10000, 20000, 50000, 100000};
}

std::string metrics_as_markdown() {
    std::string page =
        "# Metrics\n\n"
        "Generated from the table in `libs/telemetry/src/metrics_table.cpp`.\n\n"
        "Every service answers `GET /metrics` in Prometheus' text format. A histogram shows as "
        "`NAME_bucket`,\n"
        "`NAME_sum` and `NAME_count`. Each service counts what it has read itself: a record that "
        "it consumed\n"
        "is accepted, or dead-lettered by the stream's rules (every reason but `target_refused` "
        "and\n"
        "`group_full`, which count the rows that a statement's target refused): these add up, or\n"
        "something is wrong.\n\n"
        "Beside these, each service has `process_cpu_seconds_total`, "
        "`process_resident_memory_bytes`,\n"
        "`process_open_fds`, `process_max_fds` and `process_start_time_seconds`, with the meaning "
        "that they\n"
        "have everywhere.\n\n"
        "| metric | type | labels | unit | meaning |\n"
        "|---|---|---|---|---|\n";
    for (const MetricDescription& metric : table) {
        std::string labels;
        for (const std::string& label : metric.labels) {
            labels += (labels.empty() ? "`" : ", `") + label + "`";
        }
        page += "| `" + metric.name + "` | " + metric.type + " | " + labels + " | " + metric.unit +
                " | " + metric.help + " |\n";
    }
    return page;
}

}  // namespace tidewheel::telemetry
