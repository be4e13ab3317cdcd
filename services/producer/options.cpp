#include <CLI/CLI.hpp>
#include <cstdint>

#include "producer/produce.hpp"
#include "producer/time_text.hpp"

namespace tidewheel::producer {
namespace {

using std::chrono::nanoseconds;

nanoseconds read_duration(const std::string& text) {
    if (const auto duration = parse_duration(text)) return *duration;
    throw CLI::ValidationError("\"" + text + "\" is not a duration: 500ms, 10s, 30m, 24h, 7d");
}

Micros read_time(const std::string& text) {
    if (const auto time = parse_time(text)) return *time;
    throw CLI::ValidationError("\"" + text + "\" is not a time in UTC: 2026-11-21T00:00:00Z");
}

void bind_share(CLI::App& app, const char* flag, double& share, const char* help) {
    app.add_option(flag, share, help)
        ->type_name("PERCENT")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
}

void bind_times(CLI::App& app, ProduceOptions& options) {
    app.add_option_function<std::string>(
           "--late-by",
           [&options](const std::string& text) { options.late_by = read_duration(text); },
           "how far a late event lies back at most [" + duration_text(options.late_by) + "]")
        ->type_name("DURATION");
    app.add_option_function<std::string>(
           "--start", [&options](const std::string& text) { options.start = read_time(text); },
           "the first event's time, in UTC [now minus the span]")
        ->type_name("TIME");
    app.add_option_function<std::string>(
           "--span", [&options](const std::string& text) { options.span = read_duration(text); },
           "spread the events' times over this long [24h; with --rate as they are sent]")
        ->type_name("DURATION");
}

}  // namespace

void bind(CLI::App& app, ProduceOptions& options) {
    app.add_option("stream", options.stream, "the stream whose events to make")
        ->type_name("STREAM")
        ->capture_default_str();
    app.add_option("--topic", options.topic, "where to send them")->capture_default_str();
    app.add_option("--count", options.count, "how many events; 0: until stopped")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_option("--rate", options.rate, "events a second; 0: as fast as the brokers take them")
        ->capture_default_str();
    app.add_option("--seed", options.seed, "the same seed and start make the same bytes [random]")
        ->check(CLI::NonNegativeNumber);
    bind_share(app, "--bad", options.bad, "events without a store_id");
    bind_share(app, "--late", options.late, "events whose time lies back");
    bind_share(app, "--duplicates", options.duplicates, "events that are sent twice");
    bind_times(app, options);
    app.add_option("--store-fqdn", options.store_fqdn, "the host name in the events")
        ->capture_default_str();
    app.add_option("--store-ip", options.store_ip, "the address in the events")
        ->capture_default_str();
    app.add_flag("--json", options.json, "the summary as JSON");
    app.add_flag("--quiet", options.quiet, "no progress");
}

}  // namespace tidewheel::producer
