#include "tidewheel/telemetry/metrics.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "metrics_table.hpp"
#include "tidewheel/telemetry/process_metrics.hpp"
#include "tidewheel/testing/catch.hpp"

using namespace tidewheel::telemetry;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

const Labels lane{{"topic", "store-events"}, {"stream", "events"}, {"partition", "3"}};

}  // namespace

TEST_CASE("Names, types and labels are those that dashboards and alerts rely on") {
    std::string table;
    for (const MetricDescription& metric : describe_metrics()) {
        table += metric.name + " " + metric.type;
        for (const std::string& label : metric.labels)
            table += " " + label;
        table += "\n";
    }
    CHECK(table == read_file(TIDEWHEEL_SOURCE_DIR "/libs/telemetry/tests/metrics.golden"));
}

TEST_CASE("The reference page of the metrics is the generated one") {
    CHECK(read_file(TIDEWHEEL_SOURCE_DIR "/docs/reference/metrics.md") == metrics_as_markdown());
}

TEST_CASE("Every metric of the table is exposed under its name, with its type and help") {
    Metrics metrics;
    for (std::size_t i = 0; i < describe_metrics().size(); ++i) {
        const MetricDescription& metric = describe_metrics()[i];
        Labels labels;
        for (const std::string& label : metric.labels)
            labels[label] = "x";
        const auto id = static_cast<Metric>(i);
        if (metric.type == "counter") metrics.counter(id, labels).add();
        if (metric.type == "gauge") metrics.gauge(id, labels).set(1);
        if (metric.type == "histogram") metrics.histogram(id, labels).observe(1);
        CHECK_THAT(metrics.text(),
                   ContainsSubstring("# TYPE " + metric.name + " " + metric.type) &&
                       ContainsSubstring("# HELP " + metric.name + " " + metric.help));
    }
}

TEST_CASE("The enumeration and the table agree at both ends") {
    CHECK(describe(Metric::records_consumed).name == "tidewheel_records_consumed_total");
    CHECK(describe(Metric::lag_records).name == "tidewheel_lag_records");
    CHECK(describe(Metric::build_info).name == "tidewheel_build_info");
    CHECK(describe_metrics().size() == static_cast<std::size_t>(Metric::build_info) + 1);
}

TEST_CASE("Handles of one series count together, those of another apart") {
    Metrics metrics;
    metrics.counter(Metric::records_consumed, lane).add(5);
    metrics.counter(Metric::records_consumed, lane).add();
    metrics
        .counter(Metric::records_consumed,
                 {{"topic", "store-events"}, {"stream", "events"}, {"partition", "4"}})
        .add(9);
    const std::string text = metrics.text();
    CHECK_THAT(text,
               ContainsSubstring(R"({partition="3",stream="events",topic="store-events"} 6)"));
    CHECK_THAT(text,
               ContainsSubstring(R"({partition="4",stream="events",topic="store-events"} 9)"));
}

TEST_CASE("A histogram counts into the bucket that holds the value") {
    Metrics metrics;
    metrics.histogram(Metric::commit_seconds, {{"topic", "t"}, {"stream", "s"}}).observe(0.003);
    const std::string text = metrics.text();
    CHECK_THAT(text, ContainsSubstring(R"(bucket{stream="s",topic="t",le="0.0025"} 0)"));
    CHECK_THAT(text, ContainsSubstring(R"(bucket{stream="s",topic="t",le="0.005"} 1)"));
}

TEST_CASE("Many values at once count as they do one by one") {
    Metrics one_by_one, at_once;
    Histogram each = one_by_one.histogram(Metric::latency_seconds, {{"statement", "s"}});
    Tally tally(Metric::latency_seconds);
    for (const double value : {0.0, 0.0001, 0.003, 0.005, 0.3, 31.0}) {
        each.observe(value);
        tally.add(value);
    }
    at_once.histogram(Metric::latency_seconds, {{"statement", "s"}}).observe(tally);
    CHECK(at_once.text() == one_by_one.text());
}

TEST_CASE("Buckets ascend and cover what batches and commits do") {
    const auto records = bucket_bounds(describe(Metric::batch_records));
    const auto seconds = bucket_bounds(describe(Metric::batch_seconds));
    CHECK(std::ranges::is_sorted(records));
    CHECK(std::ranges::is_sorted(seconds));
    CHECK((records.front() == 1 && records.back() == 100000));
    CHECK((seconds.front() == 0.0001 && seconds.back() == 30));
}

TEST_CASE("Labels or types that differ from the table are a defect") {
    Metrics metrics;
    CHECK_THROWS_AS(metrics.counter(Metric::records_consumed), std::logic_error);
    CHECK_THROWS_AS(metrics.counter(Metric::records_consumed, {{"topic", "t"}, {"part", "1"}}),
                    std::logic_error);
    CHECK_THROWS_AS(metrics.gauge(Metric::database_up, {{"host", "db"}}), std::logic_error);
    CHECK_THROWS_AS(metrics.gauge(Metric::records_consumed, lane), std::logic_error);
}

TEST_CASE("A forgotten series is gone, and may come back") {
    Metrics metrics;
    metrics.gauge(Metric::lag_records, lane).set(7);
    metrics.forget(Metric::lag_records, lane);
    CHECK_THAT(metrics.text(), !ContainsSubstring("partition=\"3\""));
    metrics.gauge(Metric::lag_records, lane).set(8);
    CHECK_THAT(metrics.text(),
               ContainsSubstring("partition=\"3\",stream=\"events\",topic=\"store-events\"} 8"));
}

TEST_CASE("Threads count without losing any, while others read") {
    Metrics metrics;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                Counter counter = metrics.counter(Metric::retries, lane);
                for (int n = 0; n < 5000; ++n)
                    counter.add();
            });
        }
        for (int i = 0; i < 20; ++i)
            CHECK_FALSE(metrics.text().starts_with("!"));
    }
    CHECK_THAT(metrics.text(), ContainsSubstring(R"(topic="store-events"} 20000)"));
}

TEST_CASE("A process says what it takes, under the usual names") {
    const std::string text = process_metrics();
    const auto value_of = [&](const std::string& name) {
        const auto at = text.find("\n" + name + " ");
        REQUIRE(at != std::string::npos);
        return std::stod(text.substr(at + name.size() + 2));
    };
    CHECK(value_of("process_cpu_seconds_total") > 0);
    CHECK(value_of("process_resident_memory_bytes") > 1'000'000);
    CHECK(value_of("process_open_fds") >= 3);
    CHECK(value_of("process_max_fds") >= value_of("process_open_fds"));
    CHECK(value_of("process_start_time_seconds") > 1.7e9);
    CHECK_THAT(text, ContainsSubstring("# TYPE process_cpu_seconds_total counter"));
}
