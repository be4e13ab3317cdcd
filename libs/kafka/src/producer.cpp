#include "tidewheel/kafka/producer.hpp"

#include <map>
#include <vector>

#include "client.hpp"
#include "errors.hpp"

namespace tidewheel::kafka {

namespace {
constexpr int full_queue_milliseconds = 100;

Headers headers_of(const Outgoing& record) {
    if (record.headers.empty()) {
        return nullptr;
    }
    Headers headers(rd_kafka_headers_new(record.headers.size()));
    for (const auto& [name, value] : record.headers) {
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()),
                            value.data(), static_cast<ssize_t>(value.size()));
    }
    return headers;
}

}  // namespace

struct Producer::State final : Callbacks {
    explicit State(const ClientSettings& settings)
        : client(RD_KAFKA_PRODUCER, settings, producer_properties(), *this) {}

    rd_kafka_topic_t* topic(const std::string& name);
    void fill(rd_kafka_topic_t* topic, const Outgoing& record, rd_kafka_headers_t* headers);
    void refuse(const rd_kafka_error_t& error, const std::string& topic, const Outgoing& record);
    void on_delivery(const rd_kafka_message_t& message) noexcept override;

    Deliveries deliveries;
    std::map<std::string, rd_kafka_topic_t*> topics;
    std::vector<rd_kafka_vu_t> fields;  // kept between records, so that none of them allocates
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

// librdkafka takes a record as a list of tagged values, which it only reads.
void Producer::State::fill(rd_kafka_topic_t* topic, const Outgoing& record,
                           rd_kafka_headers_t* headers) {
    const auto add = [this](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
        fields.emplace_back().vtype = type;
        return fields.back();
    };
    const auto set_bytes = [](auto& field, std::string_view bytes) {
        field.size = bytes.size();
        field.ptr = const_cast<char*>(bytes.data());
    };
    fields.clear();

    add(RD_KAFKA_VTYPE_RKT).u.rkt = topic;
    add(RD_KAFKA_VTYPE_PARTITION).u.i32 = record.partition;
    add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
    if (record.timestamp != 0) {
        add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = record.timestamp;
    }
    if (record.key) {
        set_bytes(add(RD_KAFKA_VTYPE_KEY).u.mem, record.key->empty() ? "" : *record.key);
    }
    if (record.value) {
        set_bytes(add(RD_KAFKA_VTYPE_VALUE).u.mem, record.value->empty() ? "" : *record.value);
    }
    if (headers) {
        add(RD_KAFKA_VTYPE_HEADERS).u.headers = headers;
    }
}

void Producer::State::on_delivery(const rd_kafka_message_t& message) noexcept {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++deliveries.delivered;
        return;
    }
    ++deliveries.failed;
    if (deliveries.first_failure.empty()) {
        deliveries.first_failure = std::string("topic ") + rd_kafka_topic_name(message.rkt) +
                                   ", partition " + std::to_string(message.partition) + ": " +
                                   rd_kafka_err2str(message.err);
        if (rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED) {
            deliveries.first_failure += " (the record may have arrived nevertheless)";
        }
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
    state_->fill(state_->topic(topic), record, headers.get());
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
