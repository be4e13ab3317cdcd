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
    KafkaSink(const kafka::ClientSettings& client, const std::string& topic)
        : topic_(topic), producer_(client) {}

    void send(const kafka::Outgoing& record) override { producer_.send(topic_, record); }
    bool flush(std::chrono::milliseconds timeout) override { return producer_.flush(timeout); }
    const kafka::Deliveries& deliveries() const override { return producer_.deliveries(); }

  private:
    const std::string& topic_;
    kafka::Producer producer_;
};

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
    const std::optional<int> partitions = find_partitions(client, topic);
    if (!partitions)
        throw Error(Error::Kind::refused, "topic \"" + topic + "\" does not exist",
                    "`tidewheel apply pipelines/store_events.sql` creates it.");
    KafkaSink sink(client, topic);
    Report report = send_events(StoreEvents(plan.events), plan.range, *partitions, sink,
                                std::move(stop), observe);
    report.topic = topic;
    report.seed = plan.events.seed;
    report.start = plan.events.start;
    report.span =
        plan.span ? *plan.span : plan.events.step * static_cast<std::int64_t>(report.counts.sent);
    return report;
}

}  // namespace tidewheel::producer
