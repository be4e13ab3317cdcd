#include "metrics_table.hpp"

namespace tidewheel::telemetry {

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
    for (const MetricDescription& metric : describe_metrics()) {
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
