#include "producer/order_run.hpp"

#include <cinttypes>
#include <cstdio>
#include <sstream>
#include <utility>

#include "producer/report.hpp"

namespace tidewheel::producer {
namespace {

class OrderSender {
  public:
    OrderSender(const Orders& orders, const std::vector<RegionTopic>& topics, Sink& sink)
        : orders_(orders), topics_(topics), sink_(sink) {}

    void send(std::uint64_t number) {
        const std::size_t place = number % topics_.size();
        const RegionTopic& to = topics_[place];
        const Order order = orders_.order(number, to.region);
        value_.clear();
        Orders::append_json(order, value_);
        const std::uint64_t turn = number / topics_.size();
        const int partition = static_cast<int>(turn % static_cast<std::uint64_t>(to.partitions));
        sink_.send({.partition = partition, .key = std::nullopt, .value = value_, .headers = {}},
                   place);
        add(order);
    }
    OrderReport report;

  private:
    void add(const Order& order) {
        ++report.sent;
        if (order.flaw) {
            ++report.bad;
            return;
        }
        report.lines += static_cast<std::uint64_t>(order.lines);
        report.units += static_cast<std::uint64_t>(order.lines * order.quantity);
        report.revenue_cents += order.total_cents();
    }

    const Orders& orders_;
    const std::vector<RegionTopic>& topics_;
    Sink& sink_;
    std::string value_;
};

std::string names_of(const std::vector<RegionTopic>& topics) {
    std::string names;
    for (const RegionTopic& each : topics)
        names += (names.empty() ? "" : ", ") + each.topic;
    return names;
}

double rate_of(const OrderReport& report) {
    const double seconds = report.elapsed.count();
    return seconds > 0 ? static_cast<double>(report.sent) / seconds : 0;
}

}  // namespace

std::vector<RegionTopic> region_topics(const std::string& names) {
    std::vector<RegionTopic> topics;
    std::istringstream list(names);
    int region = 0;
    for (std::string name; std::getline(list, name, ',');)
        if (++region; !name.empty()) topics.push_back({.region = region, .topic = name});
    if (topics.empty())
        throw Error(Error::Kind::setting, "orders need at least one topic",
                    "Name that of each region: --topic orders-region1,orders-region2.");
    if (region > 2)
        throw Error(Error::Kind::setting, "--topic names " + std::to_string(region) + " topics",
                    "There are two regions.");
    return topics;
}

OrderReport send_orders(const Orders& orders, const Range& range,
                        const std::vector<RegionTopic>& topics, Sink& sink, std::stop_token stop,
                        const std::function<void(const kafka::Deliveries&)>& observe) {
    OrderSender sender(orders, topics, sink);
    const SendSteps steps{.send = [&](std::uint64_t number) { sender.send(number); },
                          .observe = observe};
    static_cast<Sending&>(sender.report) = send_range(range, sink, steps, std::move(stop));
    return std::move(sender.report);
}

std::string order_report_as_text(const OrderReport& report) {
    char text[512];
    std::snprintf(text, sizeof(text),
                  "%s %" PRIu64
                  " orders to %s in %.1f s (%.0f/s)\n"
                  "  bad        %" PRIu64
                  "\n"
                  "  lines      %" PRIu64 " of the good ones, %" PRIu64
                  " units, worth %.2f\n"
                  "  delivered  %" PRIu64 ", failed %" PRIu64 "\n",
                  report.interrupted ? "stopped after" : "produced", report.sent,
                  names_of(report.topics).c_str(), report.elapsed.count(), rate_of(report),
                  report.bad, report.lines, report.units, money(report.revenue_cents),
                  report.deliveries.delivered, report.deliveries.failed);
    std::string all = text;
    if (report.deliveries.failed > 0)
        all += "  first failure: " + report.deliveries.first_failure + '\n';
    return all + "  repeat with --seed " + std::to_string(report.seed) + " --start " +
           time_text(report.start) + " --span " + duration_text(report.span) + '\n';
}

codec::Json order_report_as_json(const OrderReport& report) {
    codec::Json topics = codec::Json::array();
    for (const RegionTopic& each : report.topics)
        topics.push(each.topic);
    codec::Json json = codec::Json::object();
    json.set("topics", std::move(topics))
        .set("sent", report.sent)
        .set("bad", report.bad)
        .set("lines", report.lines)
        .set("units", report.units)
        .set("revenue", money(report.revenue_cents))
        .set("delivered", report.deliveries.delivered)
        .set("failed", report.deliveries.failed);
    if (report.deliveries.failed > 0) json.set("first_failure", report.deliveries.first_failure);
    json.set("interrupted", report.interrupted)
        .set("seconds", report.elapsed.count())
        .set("events_per_second", rate_of(report))
        .set("seed", report.seed)
        .set("start", time_text(report.start))
        .set("span", duration_text(report.span));
    return json;
}

}  // namespace tidewheel::producer
