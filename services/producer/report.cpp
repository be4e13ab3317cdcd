#include "producer/report.hpp"

#include <cinttypes>
#include <cstdarg>
#include <cstdio>

namespace tidewheel::producer {
namespace {

[[gnu::format(printf, 1, 2)]] std::string line(const char* format, ...) {
    char text[256];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return std::string(text) + '\n';
}

}  // namespace

void Counts::add(const StoreEvent& event, bool duplicate) {
    ++sent;
    ++(event.sale ? sales : inventory);
    bad += event.bad;
    late += event.late;
    duplicates += duplicate;
    if (!event.sale) return;
    sales_cents += event.amount_cents();
    if (!event.is_return) return;
    ++returns;
    returns_cents += event.amount_cents();
}

double Report::events_per_second() const {
    return elapsed.count() > 0 ? static_cast<double>(counts.sent) / elapsed.count() : 0;
}

double money(std::int64_t cents) {
    return static_cast<double>(cents) / 100;
}

std::string report_as_text(const Report& report) {
    const Counts& counts = report.counts;
    const kafka::Deliveries& deliveries = report.deliveries;
    std::string text =
        line("%s %" PRIu64 " records to %s in %.1f s (%.0f/s)",
             report.interrupted ? "stopped after" : "produced", counts.sent, report.topic.c_str(),
             report.elapsed.count(), report.events_per_second());
    text += line("  sales       %" PRIu64 ", worth %.2f", counts.sales, money(counts.sales_cents));
    text +=
        line("    returns   %" PRIu64 ", worth %.2f", counts.returns, money(counts.returns_cents));
    text += line("  inventory   %" PRIu64, counts.inventory);
    text += line("  bad         %" PRIu64, counts.bad);
    text += line("  late        %" PRIu64, counts.late);
    text += line("  duplicates  %" PRIu64, counts.duplicates);
    text +=
        line("  delivered   %" PRIu64 ", failed %" PRIu64, deliveries.delivered, deliveries.failed);
    if (deliveries.failed > 0) text += "  first failure: " + deliveries.first_failure + '\n';
    text += line("  repeat with --seed %" PRIu64 " --start %s --span %s", report.seed,
                 time_text(report.start).c_str(), duration_text(report.span).c_str());
    return text;
}

codec::Json report_as_json(const Report& report) {
    const Counts& counts = report.counts;
    codec::Json json = codec::Json::object();
    json.set("topic", report.topic)
        .set("sent", counts.sent)
        .set("sale_events", counts.sales)
        .set("inventory_events", counts.inventory)
        .set("bad", counts.bad)
        .set("late", counts.late)
        .set("duplicates", counts.duplicates)
        .set("returns", counts.returns)
        .set("tot_sales", money(counts.sales_cents))
        .set("tot_returns", money(counts.returns_cents))
        .set("delivered", report.deliveries.delivered)
        .set("failed", report.deliveries.failed);
    if (report.deliveries.failed > 0) json.set("first_failure", report.deliveries.first_failure);
    json.set("interrupted", report.interrupted)
        .set("seconds", report.elapsed.count())
        .set("events_per_second", report.events_per_second())
        .set("seed", report.seed)
        .set("start", time_text(report.start))
        .set("span", duration_text(report.span));
    return json;
}

}  // namespace tidewheel::producer
