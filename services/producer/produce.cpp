#include "producer/produce.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include "producer/kafka_run.hpp"
#include "producer/plan.hpp"
#include "producer/progress.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::producer {
namespace {

using namespace std::chrono_literals;

// Prints records, a line each.
class PrintSink final : public Sink {
  public:
    explicit PrintSink(std::ostream& out) : out_(out) {}

    void send(const kafka::Outgoing& record, std::size_t) override {
        out_ << *record.value << '\n';
        ++deliveries_.sent;
    }
    bool flush(std::chrono::milliseconds) override {
        deliveries_.delivered = deliveries_.sent;
        return static_cast<bool>(out_.flush());
    }
    const kafka::Deliveries& deliveries() const override { return deliveries_; }

  private:
    std::ostream& out_;
    kafka::Deliveries deliveries_;
};

// How far a run has come goes to standard error, unless nobody wants it.
class Watch {
  public:
    explicit Watch(const ProduceOptions& options) {
        if (!options.json && !options.quiet)
            progress_.emplace(std::cerr, isatty(STDERR_FILENO) == 1, options.count);
    }
    void show(std::uint64_t sent, const kafka::Deliveries& now) {
        if (progress_) progress_->show(sent, now.delivered);
    }

  private:
    std::optional<Progress> progress_;
};

int exit_status(const Sending& sending) {
    if (sending.failure) throw Error(*sending.failure);
    return static_cast<int>(sending.deliveries.failed > 0 ? ExitCode::unavailable : ExitCode::ok);
}

Plan settled_plan(ProduceOptions options) {
    if (!options.span && options.rate == 0 && options.count > 0) options.span = 24h;
    return plan_of(options, now_in_micros(), random_seed());
}

int produce_store_events(const Settings& settings, const ProduceOptions& options, std::ostream& out,
                         std::stop_token stop) {
    const Plan plan = settled_plan(options);
    if (options.print) {
        PrintSink sink(out);
        constexpr int partitions = 4;
        return exit_status(
            send_events(StoreEvents(plan.events), plan.range, partitions, sink, std::move(stop)));
    }
    Report report;
    {
        Watch watch(options);
        report = produce_to_kafka(
            kafka_client(settings), options.topic.empty() ? store_events_topic : options.topic,
            plan, std::move(stop), [&](const Counts& counts, const kafka::Deliveries& now) {
                watch.show(counts.sent, now);
            });
    }
    if (options.json)
        out << report_as_json(report).dump(2) << std::endl;
    else
        out << report_as_text(report) << std::flush;
    return exit_status(report);
}

// Options of store events alone would do nothing.
void refuse_foreign(const ProduceOptions& options) {
    const ProduceOptions unset;
    const auto refuse = [](bool is_set, const char* name) {
        if (is_set)
            throw Error(Error::Kind::setting, std::string(name) + " is not an option of orders");
    };
    refuse(options.late != unset.late, "--late");
    refuse(options.late_by != unset.late_by, "--late-by");
    refuse(options.duplicates != unset.duplicates, "--duplicates");
    refuse(options.store_fqdn != unset.store_fqdn, "--store-fqdn");
    refuse(options.store_ip != unset.store_ip, "--store-ip");
}

int produce_orders(const Settings& settings, const ProduceOptions& options, std::ostream& out,
                   std::stop_token stop) {
    refuse_foreign(options);
    auto topics = region_topics(options.topic.empty() ? orders_topics : options.topic);
    const Plan plan = settled_plan(options);
    if (options.print) {
        PrintSink sink(out);
        return exit_status(
            send_orders(Orders(order_plan(plan)), plan.range, topics, sink, std::move(stop)));
    }
    OrderReport report;
    {
        Watch watch(options);
        report = produce_orders_to_kafka(
            kafka_client(settings), std::move(topics), plan, std::move(stop),
            [&](const kafka::Deliveries& now) { watch.show(now.sent, now); });
    }
    if (options.json)
        out << order_report_as_json(report).dump(2) << std::endl;
    else
        out << order_report_as_text(report) << std::flush;
    return exit_status(report);
}

struct Generator {
    std::string_view stream;
    int (*produce)(const Settings&, const ProduceOptions&, std::ostream&, std::stop_token);
};
constexpr std::array generators{Generator{"store_events", produce_store_events},
                                Generator{"orders", produce_orders}};

}  // namespace

std::vector<std::string> known_streams() {
    std::vector<std::string> names;
    for (const Generator& generator : generators)
        names.emplace_back(generator.stream);
    return names;
}

int run_produce(const Settings& settings, const ProduceOptions& options, std::ostream& out,
                std::stop_token stop) {
    if (options.print && options.json)
        throw Error(Error::Kind::setting, "--print shows the records, and no summary",
                    "Leave out --json.");
    const auto found = std::ranges::find(generators, options.stream, &Generator::stream);
    if (found != generators.end()) return found->produce(settings, options, out, std::move(stop));
    std::string known;
    for (const std::string& name : known_streams())
        known += (known.empty() ? "" : ", ") + name;
    throw Error(Error::Kind::setting,
                "no events can be made for the stream \"" + options.stream + "\"",
                "The streams are " + known + ".");
}

}  // namespace tidewheel::producer
