#include "cli/status_report.hpp"

#include <cmath>
#include <map>
#include <ostream>

#include "cli/context.hpp"
#include "cli/table.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using Align = Table::Align;

std::string number_or_dash(const std::optional<std::int64_t>& number) {
    return number ? grouped(*number) : "-";
}

std::string freshness_text(const StatementLag& lag) {
    if (lag.paused) return "paused";
    if (lag.topic_is_gone()) return "topic gone";
    if (lag.missing_data()) return "data missing";
    if (lag.waits_for_transaction()) return "open transaction";
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
        .set("unreadable", partition.unreadable)
        .set("records", partition.records)
        .set("rows_written", partition.rows_written)
        .set("watermark", optional_text(partition.watermark))
        .set("owner", optional_text(partition.owner));
}

Json as_json(const LagReason& reason) {
    Json partitions = Json::array();
    for (const int partition : reason.partitions)
        partitions.push(partition);
    return Json::object()
        .set("code", reason.code)
        .set("partitions", partitions)
        .set("what", reason.what)
        .set("hint", optional_text(reason.hint));
}

Json as_json(const std::vector<Observed>& all, const std::vector<LagReason>* reasons) {
    Json statements = Json::array();
    for (const Observed& each : all) {
        Json partitions = Json::array();
        for (const PartitionLag& partition : each.lag.partitions)
            partitions.push(partition_as_json(partition));
        Json statement = Json::object()
                             .set("name", each.lag.name)
                             .set("kind", each.lag.kind)
                             .set("topic", each.lag.topic)
                             .set("paused", each.lag.paused)
                             .set("topic_gone", each.lag.topic_is_gone())
                             .set("data_missing", each.lag.missing_data() != nullptr)
                             .set("lag", each.lag.lag())
                             .set("records_per_second", each.records_per_second)
                             .set("rows_per_second", each.rows_per_second)
                             .set("freshness_seconds", each.lag.freshness())
                             .set("dead_letters", each.lag.dead_letters)
                             .set("partitions", partitions);
        if (reasons) {
            Json own = Json::array();
            for (const LagReason& reason : *reasons)
                if (reason.statement == each.lag.id) own.push(as_json(reason));
            statement.set("reasons", own);
        }
        statements.push(std::move(statement));
    }
    return Json::object().set("statements", statements);
}

std::string numbers_text(const std::vector<int>& numbers) {
    std::string text;
    for (const int number : numbers)
        text += (text.empty() ? "" : ", ") + std::to_string(number);
    return text;
}

std::string reasons_text(const std::vector<Observed>& all, const std::vector<LagReason>& reasons) {
    std::string text;
    for (const Observed& each : all)
        for (const LagReason& reason : reasons) {
            if (reason.statement != each.lag.id) continue;
            text += each.lag.name;
            if (!reason.partitions.empty())
                text += std::string(", partition") + (reason.partitions.size() == 1 ? " " : "s ") +
                        numbers_text(reason.partitions);
            text += ": " + reason.what + "\n";
            if (!reason.hint.empty()) text += "  hint: " + reason.hint + "\n";
        }
    return text.empty() ? "Every statement is current.\n" : text;
}

}  // namespace

void print_status(Context& context, const std::vector<Observed>& all, bool partitions,
                  const std::vector<LagReason>* reasons) {
    if (context.json) return print(context.out, as_json(all, reasons));
    if (all.empty())
        context.out << "No statement has been applied: tidewheel apply.\n";
    else
        context.out << statements_table(all) << (partitions ? "\n" + partitions_table(all) : "")
                    << (reasons ? "\n" + reasons_text(all, *reasons) : "") << std::flush;
}

}  // namespace tidewheel::cli
