#include "cli/commands/dlq_flags.hpp"

#include <CLI/CLI.hpp>

namespace tidewheel::cli {

void add_filter_options(CLI::App& command, catalogue::DeadLetterFilter& filter) {
    // A script's unset variable would select everything.
    const CLI::Validator given(
        [](const std::string& text) { return std::string(text.empty() ? "it is empty" : ""); }, "");
    const auto add = [&](const char* flag, std::string& value, const std::string& help) {
        return command.add_option(flag, value, help)->check(given);
    };
    add("--reason", filter.reason, "Only this reason: check_violation, wrong_type…");
    add("--stream", filter.stream, "Only of this stream");
    add("--statement", filter.statement, "Only those that this statement's target refused");
    add("--topic", filter.topic, "Only of this topic");
    command.add_option("--partition", filter.partition, "Only of this partition")
        ->type_name("N")
        ->check(CLI::NonNegativeNumber);
    add("--since", filter.since,
        "Only those parked since a time, or within an interval: 2026-01-31T12:00Z, '1 hour'")
        ->type_name("T");
    add("--until", filter.until, "Only those parked before a time, or earlier than an interval ago")
        ->type_name("T");
}

void add_filter_options_and_ids(CLI::App& command, catalogue::DeadLetterFilter& filter) {
    command.add_option("id", filter.ids, "Only these, by number; none: all that match")
        ->type_name("ID");
    add_filter_options(command, filter);
}

}  // namespace tidewheel::cli
