#include "tidewheel/kafka/producer.hpp"

#include <map>
#include <vector>

#include "client.hpp"
#include "errors.hpp"
#include "outgoing.hpp"

namespace tidewheel::kafka {

namespace {
constexpr int full_queue_milliseconds = 100;
}  // namespace

struct Producer::State final : Callbacks {
    explicit State(const ClientSettings& settings)
        : client(RD_KAFKA_PRODUCER, settings, producer_properties(), *this) {}

    rd_kafka_topic_t* topic(const std::string& name);
    void refuse(const rd_kafka_error_t& error, const std::string& topic, const Outgoing& record);
    void on_delivery(const rd_kafka_message_t& message) noexcept override;

    Deliveries deliveries;
    std::map<std::string, rd_kafka_topic_t*> topics;
    RecordFields fields;  // kept between records, so that none of them allocates
    Client client;
    std::vector<Topic> owned_topics;  // after the client: they go first
};

rd_kafka_topic_t* Producer::State::topic(const std::string& name) {
    auto& known = topics[name];
    if (known == nullptr) {
        known = owned_topics.emplace_back(client.topic(name)).get();
    }
    return known;
}

void Producer::State::on_delivery(const rd_kafka_message_t& message) noexcept {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++deliveries.delivered;
        return;
    }
    ++deliveries.failed;
    if (deliveries.first_failure.empty()) {
        deliveries.first_failure = failure_of(message);
    }
}

Producer::Producer(const ClientSettings& settings) : state_(std::make_unique<State>(settings)) {}

Producer::~Producer() = default;

void Producer::State::refuse(const rd_kafka_error_t& error, const std::string& topic_name,
                             const Outgoing& record) {
    const auto code = rd_kafka_error_code(&error);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        std::string words;
        client.fatal_error(words);
        throw FatalError("the Kafka producer cannot continue: " + words,
                         "Start a new one; records that it had not delivered count as failed.");
    }
    throw error_of(code,
                   "can't send a record of " +
                       std::to_string(record.value ? record.value->size() : 0) +
                       " bytes to topic " + topic_name,
                   rd_kafka_error_string(&error));
}

void Producer::send(const std::string& topic, const Outgoing& record) {
    rd_kafka_t* handle = state_->client.get();
    Headers headers = headers_of(record);
    fill(state_->fields, state_->topic(topic), record, headers.get());
    while (const ClientError error{
        rd_kafka_produceva(handle, state_->fields.data(), state_->fields.size())}) {
        if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            state_->refuse(*error, topic, record);
        }
        rd_kafka_poll(handle, full_queue_milliseconds);  // a delivery report makes room
    }
    headers.release();  // the record's now
    ++state_->deliveries.sent;
    rd_kafka_poll(handle, 0);
}

bool Producer::flush(std::chrono::milliseconds timeout) {
    return rd_kafka_flush(state_->client.get(), static_cast<int>(timeout.count())) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
}

const Deliveries& Producer::deliveries() const {
    return state_->deliveries;
}

}  // namespace tidewheel::kafka
