#include "cli/status.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "cli/context.hpp"
#include "cli/lag.hpp"
#include "cli/progress_bar.hpp"
#include "cli/status_report.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {
namespace {

constexpr std::chrono::seconds rate_interval{1};
constexpr std::chrono::milliseconds poll_interval{200};

// A rate is what two readings of the progress, one interval apart, differ by. A statement that was
// applied in between has none yet.
std::vector<Observed> observe(postgres::Connection& connection, kafka::Admin& admin,
                              std::stop_token stop) {
    const auto before = read_work(connection);
    const auto begun = std::chrono::steady_clock::now();
    wait_for(stop, rate_interval);
    std::vector<Observed> all;
    for (StatementLag& lag : read_lag(connection, admin)) {
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
        const Work now = lag.work();
        const auto found = before.find(lag.id);
        const Work earlier = found == before.end() ? now : found->second;
        all.push_back({std::move(lag),
                       static_cast<double>(now.records - earlier.records) / passed.count(),
                       static_cast<double>(now.rows - earlier.rows) / passed.count()});
    }
    return all;
}

// What no waiting mends.
void require_data(const StatementLag& statement) {
    if (statement.topic_is_gone())
        throw Error(Error::Kind::refused,
                    "topic " + statement.topic + " of " + statement.name + " is gone",
                    "tidewheel status shows what it left");
    if (const PartitionLag* broken = statement.missing_data())
        throw Error(Error::Kind::refused,
                    statement.name + " can't go on: it is to read offset " +
                        std::to_string(*broken->next_offset) + " of topic " + statement.topic +
                        ", partition " + std::to_string(broken->partition) +
                        ", which holds the offsets from " + std::to_string(*broken->first_offset) +
                        " up to " + std::to_string(*broken->end_offset),
                    "docs/how-to/missing-data.md says what to do");
}

std::int64_t total_lag(const std::vector<StatementLag>& all) {
    std::int64_t lag = 0;
    for (const StatementLag& each : all) {
        if (each.paused) continue;
        require_data(each);
        lag += each.lag();
    }
    return lag;
}

void tell_of_paused(Context& context, const std::vector<StatementLag>& all) {
    for (const StatementLag& each : all)
        if (each.paused)
            context.err << "tidewheel: not waiting for " << each.name
                        << ", which is paused: tidewheel resume " << each.name << '\n';
}

// False when it was stopped. Throws Error (unavailable) when time runs out.
bool wait_until_current(Context& context, postgres::Connection& connection, kafka::Admin& admin,
                        double timeout, std::stop_token stop) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout);
    const std::vector<StatementLag> before = read_lag(connection, admin);
    tell_of_paused(context, before);
    std::int64_t lag = total_lag(before);
    const std::int64_t first = lag;
    ProgressBar bar(context.err, context.err_is_terminal, "catching up", first);
    while (lag > 0) {
        if (!wait_for(stop, poll_interval)) return false;
        lag = total_lag(read_lag(connection, admin));
        bar.set(std::max<std::int64_t>(0, first - lag));
        if (lag > 0 && std::chrono::steady_clock::now() >= deadline)
            throw Error(
                Error::Kind::unavailable,
                "still " + plural(lag, "record") + " behind after " + rough_duration(timeout),
                "tidewheel status --partitions shows where; do the services run?");
    }
    return true;
}

}  // namespace

int status(Context& context, const StatusOptions& options) {
    const StopOnSignal signal;
    const std::stop_token stop = signal.token();
    const auto connection = context.connect();
    postgres::catalogue_version(*connection);  // refuses, with a hint, where there is no catalogue
    kafka::Admin admin(context.kafka());
    if (options.wait && !wait_until_current(context, *connection, admin, options.timeout, stop))
        return static_cast<int>(ExitCode::unavailable);
    do {
        const auto observed = observe(*connection, admin, stop);
        std::vector<LagReason> reasons;
        if (options.explain) reasons = reasons_of_lag(*connection, observed);
        if (options.watch && context.out_is_terminal) context.out << "\x1b[H\x1b[2J";
        print_status(context, observed, options.partitions, options.explain ? &reasons : nullptr);
    } while (options.watch && !stop.stop_requested());
    return 0;
}

void add_status(CLI::App& program, Context& context) {
    auto options = std::make_shared<StatusOptions>();
    CLI::App* command = program.add_subcommand(
        "status", "Show lag, rate, freshness, dead letters and owners of each statement");
    command->add_flag("--partitions", options->partitions, "Show each partition, too");
    command->add_flag("--explain", options->explain,
                      "Say why a statement is behind, and what to do");
    command->add_flag("--watch", options->watch, "Show it again every second, until stopped");
    command->add_flag("--wait", options->wait,
                      "First wait until no statement is behind; paused ones don't count");
    command->add_option("--timeout", options->timeout, "How long to wait, in seconds")
        ->type_name("S")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command->footer(
        "LAG: records that wait. ROWS/S: rows written in the last second (--json: records read, "
        "too).\n"
        "FRESHNESS: by how much a reader of the table is behind the topic, at most: the age of the "
        "newest record\n"
        "that is in it, while others wait; current (--json: 0) when none does. data missing: the "
        "record to go on\n"
        "with is not in the topic, and the partition stands still; docs/how-to/missing-data.md "
        "says what to do.\n"
        "open transaction: everything that can be read is there, and a producer's transaction "
        "hides what follows.\n"
        "paused: tidewheel pause; it goes on with tidewheel resume, and --wait doesn't wait for "
        "it.\n"
        "Exit status: 5 when --wait ran out of time; 4 when it can't come true, because a topic is "
        "gone or data\n"
        "is missing.\n\n"
        "Example:\n  tidewheel status --wait --timeout 60");
    command->callback([&context, options] {
        context.action = [&context, options] { return status(context, *options); };
    });
}

}  // namespace tidewheel::cli
