#include "cli/terminal/delivery_tables.hpp"

#include "cli/terminal/table.hpp"
#include "tidewheel/core/printable.hpp"
#include "tidewheel/core/text.hpp"

namespace tidewheel::cli {
namespace {

using codec::Json;
using Align = Table::Align;

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

}  // namespace

std::string deliveries_table(const std::vector<monitor::DeliveryStatus>& all) {
    if (all.empty()) return {};
    Table table({{"SINK"},
                 {"SUBSCRIBER"},
                 {"WAITING", Align::right},
                 {"OLDEST"},
                 {"DELIVERED", Align::right},
                 {"UNDELIVERED", Align::right},
                 {"FAILING"},
                 {"OWNER"}});
    std::string errors;
    for (const monitor::DeliveryStatus& each : all) {
        const std::string failing =
            each.failing_seconds ? rough_duration(*each.failing_seconds) : "-";
        table.row({each.sink, or_dash(each.subscriber), grouped(each.waiting),
                   each.waiting > 0 ? rough_duration(each.oldest_seconds) : "-",
                   grouped(each.delivered), grouped(each.undelivered), failing,
                   or_dash(each.owner)});
        if (each.failing_seconds)
            errors += each.sink + (each.subscriber.empty() ? "" : ", " + each.subscriber) + ": " +
                      printable_line(each.last_error) + "\n";
    }
    return "\n" + table.text() + errors;
}

Json deliveries_as_json(const std::vector<monitor::DeliveryStatus>& all) {
    Json deliveries = Json::array();
    for (const monitor::DeliveryStatus& each : all)
        deliveries.push(
            Json::object()
                .set("sink", each.sink)
                .set("subscriber", each.subscriber)
                .set("waiting", each.waiting)
                .set("oldest_seconds", each.oldest_seconds)
                .set("delivered", each.delivered)
                .set("undelivered", each.undelivered)
                .set("failing_seconds", each.failing_seconds)
                .set("last_error", each.last_error.empty() ? Json() : Json(each.last_error))
                .set("owner", each.owner.empty() ? Json() : Json(each.owner)));
    return deliveries;
}

}  // namespace tidewheel::cli
