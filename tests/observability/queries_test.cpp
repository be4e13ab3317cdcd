// Rules and dashboard ask for what the services expose: every metric is one of the metrics' table,
// and has the labels asked for.
#include "queries.hpp"

#include "tidewheel/telemetry/metrics.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel;
using namespace tidewheel::observability;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string deploy = TIDEWHEEL_SOURCE_DIR "/deploy/";
const std::string recording = deploy + "prometheus/rules/recording.yml";
const std::string alerts = deploy + "prometheus/rules/alerts.yml";
const std::string dashboard = deploy + "grafana/dashboards/tidewheel.json";

// Prometheus adds job and instance to whatever it scrapes, and has series of its own.
Catalogue exposed() {
    Catalogue series = {{"up", {"job", "instance"}}};
    for (const telemetry::MetricDescription& metric : telemetry::describe_metrics()) {
        Labels labels(metric.labels.begin(), metric.labels.end());
        labels.insert({"job", "instance"});
        if (metric.type != "histogram") {
            series[metric.name] = labels;
            continue;
        }
        series[metric.name + "_sum"] = series[metric.name + "_count"] = labels;
        labels.insert("le");
        series[metric.name + "_bucket"] = labels;
    }
    return series;
}

void check(const std::string& query, const Labels& named, const Catalogue& catalogue) {
    INFO(query);
    std::optional<Labels> labels;
    REQUIRE_NOTHROW(labels = labels_of(query, catalogue));
    REQUIRE(labels);
    for (const std::string& label : named) {
        INFO("its text says " << label);
        CHECK(labels->contains(label));
    }
}

Catalogue with_recording_rules() {
    Catalogue series = exposed();
    for (const Rule& rule : rules_of(recording))
        series[rule.record] = labels_of(rule.expr, series).value();
    return series;
}

Catalogue with_alerts() {
    Catalogue series = with_recording_rules();
    Labels all = {"alertname", "alertstate", "severity"};
    for (const Rule& rule : rules_of(alerts))
        all.merge(labels_of(rule.expr, series).value());
    series["ALERTS"] = all;
    return series;
}

std::string refusal(const std::string& query) {
    try {
        labels_of(query, with_alerts());
    } catch (const std::exception& error) {
        return error.what();
    }
    return "none";
}

}  // namespace

TEST_CASE("Recording rules read metrics that services expose, by labels that these have") {
    const auto rules = rules_of(recording);
    REQUIRE(rules.size() >= 5);
    Catalogue series = exposed();
    for (const Rule& rule : rules) {
        CHECK(rule.record.find(":tidewheel_") != std::string::npos);
        check(rule.expr, {}, series);
        series[rule.record] = labels_of(rule.expr, series).value();
    }
}

TEST_CASE("Alerts read metrics that are there, and their texts labels that the alert has") {
    const auto rules = rules_of(alerts);
    REQUIRE(rules.size() >= 7);
    for (const Rule& rule : rules) {
        INFO(rule.alert);
        check(rule.expr, rule.labels_in_text, with_recording_rules());
    }
}

TEST_CASE("The dashboard's panels read metrics that are there, and legends labels of the result") {
    const auto queries = queries_of(dashboard);
    REQUIRE(queries.size() >= 30);
    for (const PanelQuery& query : queries)
        check(query.expr, query.labels_in_text, with_alerts());
}

TEST_CASE("The dashboard's variables list labels that are there") {
    const auto variables = variables_of(dashboard);
    REQUIRE(variables.size() >= 3);
    for (const Variable& variable : variables)
        check(variable.selector, {variable.label}, with_recording_rules());
}

TEST_CASE("What a query gets wrong is found") {
    CHECK(refusal("tidewheel_lag") == "no metric is called tidewheel_lag");
    CHECK(refusal("tidewheel_commit_seconds") == "no metric is called tidewheel_commit_seconds");
    CHECK(refusal("partition:tidewheel_lag_records:min") ==
          "no metric is called partition:tidewheel_lag_records:min");
    CHECK(refusal(R"(tidewheel_rows_written_total{topic="t"})") ==
          "tidewheel_rows_written_total: there is no label topic");
    CHECK(refusal("sum by (partition) (tidewheel_lanes)") == "sum by: there is no label partition");
    CHECK(refusal("sum by (topic) (sum by (job) (tidewheel_lag_records))") ==
          "sum by: there is no label topic");
    CHECK(refusal("rate(tidewheel_lag_records[1m])") ==
          "rate of tidewheel_lag_records, which is no counter");
    CHECK(refusal("histogram_quantile(0.5, rate(tidewheel_batch_seconds_sum[1m]))") ==
          "histogram_quantile: there is no label le");
    CHECK(refusal("sum by (job) (up) / tidewheel_broker_up") ==
          "both sides of / have different labels, and never match");
    CHECK(refusal("up unless on (topic) up") == "the left side of unless: there is no label topic");
    CHECK_THAT(refusal("sum by (job) (up"), ContainsSubstring(") is expected"));
    CHECK(refusal("delta(tidewheel_lag_records[1m])") == "function delta isn't known here");
}

TEST_CASE("A query's result has the labels that Prometheus would give it") {
    const Catalogue series = exposed();
    CHECK(labels_of("1 + 2", series) == std::nullopt);
    CHECK(labels_of("sum(up)", series) == Labels{});
    CHECK(labels_of("up * 2 > 1", series) == Labels{"instance", "job"});
    CHECK(labels_of("1 - sum by (job) (up) / (sum by (job) (up) > 0)", series) == Labels{"job"});
    CHECK(labels_of(R"(sum(up) or absent(up{job="w"}))", series) == Labels{"job"});
    CHECK(labels_of("up unless on (job) sum by (job) (up)", series) == Labels{"instance", "job"});
    CHECK(labels_of("up - on (job) sum by (job) (up)", series) == Labels{"job"});
    CHECK(labels_of("topk(3, sum by (job) (up))", series) == Labels{"job"});
    CHECK(labels_of("histogram_quantile(0.9, sum by (topic, le) "
                    "(rate(tidewheel_batch_seconds_bucket[$__rate_interval])))",
                    series) == Labels{"topic"});
}
