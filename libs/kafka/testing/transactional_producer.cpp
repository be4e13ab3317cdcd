#include "transactional_producer.hpp"

#include "client.hpp"
#include "errors.hpp"

namespace tidewheel::kafka::testing {
namespace {

constexpr int timeout = 30'000;  // milliseconds

void require(rd_kafka_error_t* failure, const std::string& what) {
    const ClientError error(failure);
    if (error)
        throw error_of(rd_kafka_error_code(error.get()), what, rd_kafka_error_string(error.get()));
}

void require(rd_kafka_resp_err_t code, const std::string& what) {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw error_of(code, what);
}

}  // namespace

struct TransactionalProducer::State final : Callbacks {
    State(const ClientSettings& settings, const std::string& id)
        : client(RD_KAFKA_PRODUCER, settings, {{"transactional.id", id}}, *this) {}

    // An abort would take back what still waits in the client: it would never be in the topic.
    void flush() { require(rd_kafka_flush(client.get(), timeout), "can't flush"); }

    Client client;
};

TransactionalProducer::TransactionalProducer(const ClientSettings& settings, const std::string& id)
    : state_(std::make_unique<State>(settings, id)) {
    require(rd_kafka_init_transactions(state_->client.get(), timeout), "can't use transactions");
}

TransactionalProducer::~TransactionalProducer() = default;

void TransactionalProducer::begin() {
    require(rd_kafka_begin_transaction(state_->client.get()), "can't begin");
}

void TransactionalProducer::send(const std::string& topic, int partition, std::string_view value,
                                 std::string_view key) {
    require(rd_kafka_producev(
                state_->client.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()),
                RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END),
            "can't send to topic " + topic);
}

void TransactionalProducer::commit() {
    state_->flush();
    require(rd_kafka_commit_transaction(state_->client.get(), timeout), "can't commit");
}

void TransactionalProducer::abort() {
    state_->flush();
    require(rd_kafka_abort_transaction(state_->client.get(), timeout), "can't abort");
}

}  // namespace tidewheel::kafka::testing
