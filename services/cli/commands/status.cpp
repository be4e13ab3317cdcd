#include "cli/commands/status.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <set>

#include "cli/context.hpp"
#include "cli/failure.hpp"
#include "cli/terminal/progress_bar.hpp"
#include "cli/terminal/status_tables.hpp"
#include "tidewheel/apply/dropped.hpp"
#include "tidewheel/catalogue/catalogue.hpp"
#include "tidewheel/catalogue/sources.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/core/text.hpp"
#include "tidewheel/monitor/catching_up.hpp"
#include "tidewheel/monitor/deliveries.hpp"
#include "tidewheel/monitor/lag.hpp"
#include "tidewheel/monitor/paused.hpp"
#include "tidewheel/monitor/rates.hpp"
#include "tidewheel/monitor/strangers.hpp"

namespace tidewheel::cli {
namespace {

void tell_of_paused(Context& context, const std::vector<monitor::StatementLag>& all) {
    for (const monitor::StatementLag& each : all)
        if (each.paused)
            context.err << "tidewheel: not waiting for " << each.name
                        << ", which is paused (tidewheel resume " << each.name << ")\n";
}

// False when it was stopped.
bool wait_until_current(Context& context, postgres::Connection& connection, kafka::Admin& admin,
                        const std::set<int>& only, double timeout, std::stop_token stop) {
    tell_of_paused(context, monitor::read_progress(connection, only));
    ProgressBar bar(context.err, context.err_is_terminal, "catching up");
    return monitor::wait_until_current(connection, admin, only,
                                       std::chrono::duration<double>(timeout), stop, bar);
}

}  // namespace

int status(Context& context, const StatusOptions& options) {
    const StopOnSignal signal;
    const std::stop_token stop = signal.token();
    kafka::Admin admin(context.kafka());
    const auto connection = context.connect_to_share();
    const std::set<int> only = monitor::named_statements(*connection, options.names);
    if (options.wait &&
        !wait_until_current(context, *connection, admin, only, options.timeout, stop))
        return static_cast<int>(ExitCode::unavailable);
    do {
        const monitor::Observation seen =
            monitor::observe(context.kafka(), *connection, admin, only, stop);
        std::vector<monitor::LagReason> reasons;
        if (options.explain)
            reasons = monitor::diagnose(monitor::read_snapshot(
                *connection, seen.statements,
                monitor::find_strangers(
                    context.kafka(),
                    catalogue::read_share(*connection).group(context.settings.group),
                    *connection)));
        if (options.watch && context.out_is_terminal) send_control(context.out, "\x1b[H\x1b[2J");
        print_status(context, seen.statements, options.partitions,
                     options.explain ? &reasons : nullptr, apply::describe_dropped(*connection),
                     options.names.empty() ? catalogue::source_statuses(*connection)
                                           : std::vector<catalogue::SourceStatus>(),
                     monitor::read_deliveries(*connection), monitor::read_paused(*connection));
        if (seen.kafka_failure && !options.watch) throw *seen.kafka_failure;
        if (seen.kafka_failure) report_failure(*seen.kafka_failure, context.json, context.err);
    } while (options.watch && !stop.stop_requested());
    return 0;
}

void add_status(CLI::App& program, Context& context) {
    auto options = std::make_shared<StatusOptions>();
    CLI::App* command = program.add_subcommand(
        "status", "Show lag, rate, freshness, latency, dead letters and owners of each statement");
    command->add_option("name", options->names, "Statements, streams or topics; none: all")
        ->type_name("NAME");
    command->add_flag("--partitions", options->partitions, "Also show each partition");
    command->add_flag("--explain", options->explain,
                      "Explain why a statement is behind, and what to do");
    command->add_flag("--watch", options->watch, "Repeat every second, until stopped");
    command->add_flag("--wait", options->wait,
                      "First wait until no statement is behind; paused ones are ignored");
    command->add_option("--timeout", options->timeout, "How long to wait, in seconds")
        ->type_name("S")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command->footer(
        "LAG counts the records that wait. FRESHNESS is the age of the oldest of them, by its own "
        "timestamp.\n"
        "LATENCY is the median (p50) and the 99th percentile (p99) of the time from a record's own "
        "timestamp until its commit, over the last minute or two.\n"
        "Without Kafka, LAG and FRESHNESS are missing. Exit status: 5 after a timeout or without "
        "Kafka; 4 if "
        "--wait cannot succeed.\n"
        "See docs/how-to/lag.md.\n\n"
        "Examples:\n  tidewheel status --wait --timeout 60\n"
        "  tidewheel status --explain store-events");
    command->callback([&context, options] {
        context.several = options->watch ? SeveralDatabases::refused : SeveralDatabases::each;
        context.action = [&context, options] { return status(context, *options); };
    });
}

}  // namespace tidewheel::cli
