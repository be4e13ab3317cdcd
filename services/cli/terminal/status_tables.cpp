#include "cli/terminal/status_tables.hpp"

#include <cmath>
#include <map>
#include <ostream>

#include "cli/context.hpp"
#include "cli/terminal/delivery_tables.hpp"
#include "cli/terminal/paused_lines.hpp"
#include "cli/terminal/sources_table.hpp"
#include "cli/terminal/table.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using Align = Table::Align;

std::string number_or_dash(const std::optional<std::int64_t>& number) {
    return number ? grouped(*number) : "-";
}

std::string freshness_text(const monitor::StatementLag& lag) {
    if (lag.paused) return "paused";
    if (!lag.ends_known) return "-";
    if (lag.topic_is_gone()) return "topic gone";
    if (lag.missing_data()) return "data missing";
    if (const monitor::PartitionLag* at = lag.waiting())
        return "waits at " + std::to_string(at->partition) + "@" + std::to_string(*at->waits_at);
    if (lag.waits_for_transaction()) return "open transaction";
    if (lag.lag() == 0) return "current";
    if (!lag.begun()) return "not begun";
    const auto age = lag.freshness();
    return age ? rough_duration(*age) : "?";
}

std::string latency_text(const std::optional<monitor::Latency>& latency) {
    if (!latency) return "-";
    return "p50 " + rough_duration(latency->p50) + ", p99 " + rough_duration(latency->p99);
}

std::string lag_text(const monitor::StatementLag& lag) {
    if (!lag.ends_known) return "-";
    return lag.topic_is_gone() || lag.missing_data() ? "?" : grouped(lag.lag());
}

std::string lag_text(const monitor::PartitionLag& partition) {
    return partition.data_is_missing() ? "missing" : grouped(partition.lag);
}

std::string end_text(const monitor::StatementLag& lag, const monitor::PartitionLag& partition) {
    if (!lag.ends_known) return "-";
    return partition.end_offset ? grouped(*partition.end_offset) : "gone";
}

std::string owners_text(const monitor::StatementLag& lag) {
    std::map<std::string, std::vector<int>> partitions;
    for (const monitor::PartitionLag& partition : lag.partitions)
        if (!partition.owner.empty()) partitions[partition.owner].push_back(partition.partition);
    std::string text;
    for (const auto& [owner, numbers] : partitions)
        text += (text.empty() ? "" : " ") + owner + "[" + ranges(numbers, ",") + "]";
    return text.empty() ? "-" : text;
}

std::string verified_text(const std::optional<catalogue::LastVerification>& verified) {
    if (!verified) return "-";
    return verified->verdict + (verified->is_part ? " in part " : " ") +
           rough_duration(verified->age) + " ago";
}

std::string statements_table(const std::vector<monitor::Observed>& all) {
    Table table({{"STATEMENT"},
                 {"KIND"},
                 {"TOPIC"},
                 {"LAG", Align::right},
                 {"ROWS/S", Align::right},
                 {"FRESHNESS"},
                 {"LATENCY"},
                 {"DEAD", Align::right},
                 {"VERIFIED"},
                 {"OWNERS"}});
    for (const monitor::Observed& each : all)
        table.row({each.lag.name, each.lag.kind, each.lag.topic, lag_text(each.lag),
                   grouped(std::llround(each.rows_per_second)), freshness_text(each.lag),
                   latency_text(each.lag.latency()), grouped(each.lag.dead_letters),
                   verified_text(each.lag.verified), owners_text(each.lag)});
    return table.text();
}

std::string partitions_table(const std::vector<monitor::Observed>& all) {
    Table table({{"STATEMENT"},
                 {"PART", Align::right},
                 {"NEXT", Align::right},
                 {"FIRST", Align::right},
                 {"END", Align::right},
                 {"LAG", Align::right},
                 {"ROWS", Align::right},
                 {"LATENCY"},
                 {"WATERMARK"},
                 {"OWNER"}});
    for (const monitor::Observed& each : all)
        for (const monitor::PartitionLag& partition : each.lag.partitions)
            table.row({each.lag.name, std::to_string(partition.partition),
                       number_or_dash(partition.next_offset),
                       number_or_dash(partition.first_offset), end_text(each.lag, partition),
                       each.lag.ends_known ? lag_text(partition) : "-",
                       grouped(partition.rows_written), latency_text(partition.latency),
                       partition.watermark.empty() ? "-" : partition.watermark,
                       partition.owner.empty() ? "-" : partition.owner});
    return table.text();
}

// The records that statements wait at, which are always shown.
std::string refusals_text(const std::vector<monitor::Observed>& all) {
    std::string text;
    for (const monitor::Observed& each : all)
        for (const monitor::PartitionLag& partition : each.lag.partitions)
            if (partition.waits_at && !each.lag.paused)
                text += each.lag.name + ", partition " + std::to_string(partition.partition) +
                        ": " + monitor::words_of_refusal(partition) +
                        "\n  hint: " + monitor::way_past_refusal(each.lag, partition) + "\n";
    return text.empty() ? "" : "\n" + text;
}

Json optional_text(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

Json as_json(const std::optional<monitor::Latency>& latency) {
    if (!latency) return {};
    return Json::object().set("p50", latency->p50).set("p99", latency->p99);
}

Json partition_as_json(const monitor::PartitionLag& partition, bool ends_known) {
    return Json::object()
        .set("partition", partition.partition)
        .set("next_offset", partition.next_offset)
        .set("first_offset", partition.first_offset)
        .set("end_offset", partition.end_offset)
        .set("data_missing", partition.data_is_missing())
        .set("missing_since", optional_text(partition.missing_since))
        .set("missing", optional_text(partition.missing))
        .set("lag", ends_known ? Json(partition.lag) : Json())
        .set("unreadable", ends_known ? Json(partition.unreadable) : Json())
        .set("records", partition.records)
        .set("rows_written", partition.rows_written)
        .set("latency_seconds", as_json(partition.latency))
        .set("watermark", optional_text(partition.watermark))
        .set("owner", optional_text(partition.owner))
        .set("waits_at", partition.waits_at)
        .set("refusal", optional_text(partition.refusal));
}

Json as_json(const std::optional<catalogue::LastVerification>& verified) {
    if (!verified) return {};
    return Json::object()
        .set("at", verified->verified_at)
        .set("verdict", verified->verdict)
        .set("in_part", verified->is_part);
}

Json as_json(const monitor::LagReason& reason) {
    Json partitions = Json::array();
    for (const int partition : reason.partitions)
        partitions.push(partition);
    return Json::object()
        .set("code", reason.code)
        .set("partitions", partitions)
        .set("what", reason.what)
        .set("hint", optional_text(reason.hint));
}

Json as_json(const std::vector<monitor::Observed>& all,
             const std::vector<monitor::LagReason>* reasons,
             const std::vector<std::string>& dropped,
             const std::vector<monitor::DeliveryStatus>& deliveries) {
    Json statements = Json::array();
    for (const monitor::Observed& each : all) {
        Json partitions = Json::array();
        for (const monitor::PartitionLag& partition : each.lag.partitions)
            partitions.push(partition_as_json(partition, each.lag.ends_known));
        Json statement = Json::object()
                             .set("name", each.lag.name)
                             .set("kind", each.lag.kind)
                             .set("topic", each.lag.topic)
                             .set("paused", each.lag.paused)
                             .set("topic_gone", each.lag.topic_is_gone())
                             .set("data_missing", each.lag.missing_data() != nullptr)
                             .set("lag", each.lag.ends_known ? Json(each.lag.lag()) : Json())
                             .set("records_per_second", each.records_per_second)
                             .set("rows_per_second", each.rows_per_second)
                             .set("freshness_seconds", each.lag.freshness())
                             .set("latency_seconds", as_json(each.lag.latency()))
                             .set("dead_letters", each.lag.dead_letters)
                             .set("verified", as_json(each.lag.verified))
                             .set("partitions", partitions);
        if (reasons) {
            Json own = Json::array();
            for (const monitor::LagReason& reason : *reasons)
                if (reason.statement == each.lag.id) own.push(as_json(reason));
            statement.set("reasons", own);
        }
        statements.push(std::move(statement));
    }
    return Json::object()
        .set("statements", statements)
        .set("deliveries", deliveries_as_json(deliveries))
        .set("dropped_by_hand", dropped);
}

std::string reasons_text(const std::vector<monitor::Observed>& all,
                         const std::vector<monitor::LagReason>& reasons) {
    std::string text;
    for (const monitor::Observed& each : all)
        for (const monitor::LagReason& reason : reasons) {
            if (reason.statement != each.lag.id) continue;
            text += each.lag.name;
            if (!reason.partitions.empty())
                text += std::string(", partition") + (reason.partitions.size() == 1 ? " " : "s ") +
                        ranges(reason.partitions, ", ");
            text += ": " + printable_line(reason.what) + "\n";
            if (!reason.hint.empty()) text += "  hint: " + printable_line(reason.hint) + "\n";
        }
    if (!text.empty()) return text;
    return all.front().lag.ends_known ? "Every statement is current.\n"
                                      : "PostgreSQL alone shows no obstacle.\n";
}

}  // namespace

void print_status(Context& context, const std::vector<monitor::Observed>& all, bool partitions,
                  const std::vector<monitor::LagReason>* reasons,
                  const std::vector<std::string>& dropped,
                  const std::vector<catalogue::SourceStatus>& sources,
                  const std::vector<monitor::DeliveryStatus>& deliveries,
                  const std::vector<monitor::PausedService>& paused) {
    if (context.json)
        return print(context.out, as_json(all, reasons, dropped, deliveries)
                                      .set("sources", as_json(sources))
                                      .set("paused", paused_as_json(paused)));
    if (all.empty())
        context.out << "No statement has been applied yet. Run tidewheel apply.\n";
    else
        context.out << statements_table(all) << (partitions ? "\n" + partitions_table(all) : "")
                    << (reasons ? "\n" + reasons_text(all, *reasons) : refusals_text(all));
    if (!sources.empty()) context.out << '\n' << sources_table(sources);
    context.out << deliveries_table(deliveries) << paused_lines(paused);
    for (const std::string& each : dropped)
        context.out << "warning: " << each << '\n';
    context.out << std::flush;
}

}  // namespace tidewheel::cli
