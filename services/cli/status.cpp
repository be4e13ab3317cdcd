#include "cli/status.hpp"

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <ostream>
#include <set>

#include "cli/context.hpp"
#include "cli/lag.hpp"
#include "cli/progress_bar.hpp"
#include "cli/table.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/signals.hpp"
#include "tidewheel/postgres/catalogue.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using Align = Table::Align;

constexpr std::chrono::seconds rate_interval{1};
constexpr std::chrono::milliseconds poll_interval{200};

struct Observed {
    StatementLag lag;
    double records_per_second = 0, rows_per_second = 0;
};

std::string number_or_dash(const std::optional<std::int64_t>& number) {
    return number ? grouped(*number) : "-";
}

std::string freshness_text(const StatementLag& lag) {
    if (lag.topic_is_gone()) return "topic gone";
    if (lag.missing_data()) return "data missing";
    if (lag.lag() == 0) return "current";
    const auto age = lag.freshness();
    return age ? "at most " + rough_duration(*age) : "not begun";
}

std::string lag_text(const StatementLag& lag) {
    return lag.topic_is_gone() || lag.missing_data() ? "?" : grouped(lag.lag());
}

std::string lag_text(const PartitionLag& partition) {
    return partition.data_is_missing() ? "missing" : grouped(partition.lag);
}

std::string owners_text(const StatementLag& lag) {
    std::map<std::string, std::string> partitions;
    for (const PartitionLag& partition : lag.partitions)
        if (!partition.owner.empty()) {
            std::string& list = partitions[partition.owner];
            list += (list.empty() ? "" : ",") + std::to_string(partition.partition);
        }
    std::string text;
    for (const auto& [owner, list] : partitions)
        text += (text.empty() ? "" : " ") + owner + "[" + list + "]";
    return text.empty() ? "-" : text;
}

std::string statements_table(const std::vector<Observed>& all) {
    Table table({{"STATEMENT"},
                 {"KIND"},
                 {"TOPIC"},
                 {"LAG", Align::right},
                 {"ROWS/S", Align::right},
                 {"FRESHNESS"},
                 {"DEAD", Align::right},
                 {"OWNERS"}});
    for (const Observed& each : all)
        table.row({each.lag.name, each.lag.kind, each.lag.topic, lag_text(each.lag),
                   grouped(std::llround(each.rows_per_second)), freshness_text(each.lag),
                   grouped(each.lag.dead_letters), owners_text(each.lag)});
    return table.text();
}

std::string partitions_table(const std::vector<Observed>& all) {
    Table table({{"STATEMENT"},
                 {"PART", Align::right},
                 {"NEXT", Align::right},
                 {"FIRST", Align::right},
                 {"END", Align::right},
                 {"LAG", Align::right},
                 {"ROWS", Align::right},
                 {"WATERMARK"},
                 {"OWNER"}});
    for (const Observed& each : all)
        for (const PartitionLag& partition : each.lag.partitions)
            table.row({each.lag.name, std::to_string(partition.partition),
                       number_or_dash(partition.next_offset),
                       number_or_dash(partition.first_offset),
                       partition.end_offset ? grouped(*partition.end_offset) : "gone",
                       lag_text(partition), grouped(partition.rows_written),
                       partition.watermark.empty() ? "-" : partition.watermark,
                       partition.owner.empty() ? "-" : partition.owner});
    return table.text();
}

Json optional_text(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

Json partition_as_json(const PartitionLag& partition) {
    return Json::object()
        .set("partition", partition.partition)
        .set("next_offset", partition.next_offset)
        .set("first_offset", partition.first_offset)
        .set("end_offset", partition.end_offset)
        .set("data_missing", partition.data_is_missing())
        .set("lag", partition.lag)
        .set("records", partition.records)
        .set("rows_written", partition.rows_written)
        .set("watermark", optional_text(partition.watermark))
        .set("owner", optional_text(partition.owner));
}

Json as_json(const std::vector<Observed>& all) {
    Json statements = Json::array();
    for (const Observed& each : all) {
        Json partitions = Json::array();
        for (const PartitionLag& partition : each.lag.partitions)
            partitions.push(partition_as_json(partition));
        statements.push(Json::object()
                            .set("name", each.lag.name)
                            .set("kind", each.lag.kind)
                            .set("topic", each.lag.topic)
                            .set("topic_gone", each.lag.topic_is_gone())
                            .set("data_missing", each.lag.missing_data() != nullptr)
                            .set("lag", each.lag.lag())
                            .set("records_per_second", each.records_per_second)
                            .set("rows_per_second", each.rows_per_second)
                            .set("freshness_seconds", each.lag.freshness())
                            .set("dead_letters", each.lag.dead_letters)
                            .set("partitions", partitions));
    }
    return Json::object().set("statements", statements);
}

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

void print_status(Context& context, const std::vector<Observed>& all, bool partitions) {
    if (context.json) return print(context.out, as_json(all));
    if (all.empty())
        context.out << "No statement has been applied: tidewheel apply.\n";
    else
        context.out << statements_table(all) << (partitions ? "\n" + partitions_table(all) : "")
                    << std::flush;
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
        require_data(each);
        lag += each.lag();
    }
    return lag;
}

// False when it was stopped. Throws Error (unavailable) when time runs out.
bool wait_until_current(Context& context, postgres::Connection& connection, kafka::Admin& admin,
                        double timeout, std::stop_token stop) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout);
    std::int64_t lag = total_lag(read_lag(connection, admin));
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
        if (options.watch && context.out_is_terminal) context.out << "\x1b[H\x1b[2J";
        print_status(context, observed, options.partitions);
    } while (options.watch && !stop.stop_requested());
    return 0;
}

void add_status(CLI::App& program, Context& context) {
    auto options = std::make_shared<StatusOptions>();
    CLI::App* command = program.add_subcommand(
        "status", "Show lag, rate, freshness, dead letters and owners of each statement");
    command->add_flag("--partitions", options->partitions, "Show each partition, too");
    command->add_flag("--watch", options->watch, "Show it again every second, until stopped");
    command->add_flag("--wait", options->wait, "First wait until no statement is behind");
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
        "Exit status: 5 when --wait ran out of time; 4 when it can't come true, because a topic is "
        "gone or data\n"
        "is missing.\n\n"
        "Example:\n  tidewheel status --wait --timeout 60");
    command->callback([&context, options] {
        context.action = [&context, options] { return status(context, *options); };
    });
}

}  // namespace tidewheel::cli
