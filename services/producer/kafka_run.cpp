#include "producer/kafka_run.hpp"

#include <utility>

#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::producer {
namespace {

// Well under the ten seconds that a service has to end.
constexpr std::chrono::seconds admin_timeout{5};

class KafkaSink final : public Sink {
  public:
    KafkaSink(const kafka::ClientSettings& client, std::vector<std::string> topics)
        : topics_(std::move(topics)), producer_(client) {}

    void send(const kafka::Outgoing& record, std::size_t topic) override {
        producer_.send(topics_[topic], record);
    }
    bool flush(std::chrono::milliseconds timeout) override { return producer_.flush(timeout); }
    const kafka::Deliveries& deliveries() const override { return producer_.deliveries(); }

  private:
    const std::vector<std::string> topics_;
    kafka::Producer producer_;
};

int partitions_of(const kafka::ClientSettings& client, const std::string& topic,
                  const char* pipeline) {
    const std::optional<int> partitions = find_partitions(client, topic);
    if (!partitions)
        throw Error(Error::Kind::refused, "topic \"" + topic + "\" does not exist",
                    std::string("`tidewheel apply ") + pipeline + "` creates it.");
    return *partitions;
}

// How long the times of what was sent span.
std::chrono::nanoseconds span_of(const Plan& plan, std::uint64_t sent) {
    return plan.span ? *plan.span : plan.events.step * static_cast<std::int64_t>(sent);
}

}  // namespace

kafka::ClientSettings kafka_client(const Settings& settings) {
    return {.brokers = settings.kafka,
            .options = settings.kafka_options,
            .client_id = "tidewheel-producer",
            .log = {}};
}

std::optional<int> find_partitions(const kafka::ClientSettings& client, const std::string& topic) {
    return kafka::Admin(client, admin_timeout).partitions(topic);
}

Report produce_to_kafka(const kafka::ClientSettings& client, const std::string& topic,
                        const Plan& plan, std::stop_token stop, const Observer& observe) {
    const int partitions = partitions_of(client, topic, "pipelines/store_events.sql");
    KafkaSink sink(client, {topic});
    Report report = send_events(StoreEvents(plan.events), plan.range, partitions, sink,
                                std::move(stop), observe);
    report.topic = topic;
    report.seed = plan.events.seed;
    report.start = plan.events.start;
    report.span = span_of(plan, report.counts.sent);
    return report;
}

OrderReport produce_orders_to_kafka(const kafka::ClientSettings& client,
                                    std::vector<RegionTopic> topics, const Plan& plan,
                                    std::stop_token stop,
                                    const std::function<void(const kafka::Deliveries&)>& observe) {
    std::vector<std::string> names;
    for (RegionTopic& each : topics) {
        each.partitions = partitions_of(client, each.topic, "pipelines/systems/orders.sql");
        names.push_back(each.topic);
    }
    KafkaSink sink(client, std::move(names));
    OrderReport report =
        send_orders(Orders(order_plan(plan)), plan.range, topics, sink, std::move(stop), observe);
    report.topics = std::move(topics);
    report.seed = plan.events.seed;
    report.start = plan.events.start;
    report.span = span_of(plan, report.sent);
    return report;
}

}  // namespace tidewheel::producer
