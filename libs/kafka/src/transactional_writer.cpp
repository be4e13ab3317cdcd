#include "tidewheel/kafka/transactional_writer.hpp"

#include <cstring>
#include <map>
#include <vector>

#include "client.hpp"
#include "errors.hpp"
#include "outgoing.hpp"
#include "tidewheel/core/failpoint.hpp"
#include "tidewheel/core/weakened.hpp"

namespace tidewheel::kafka {
namespace {

// A call that takes longer continues when it is made again.
constexpr int step_milliseconds = 1000;
constexpr int abort_milliseconds = 2000;
constexpr int full_queue_milliseconds = 100;

bool is_fencing(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

bool is_about_size(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
           code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

Properties writer_properties(const std::string& id) {
    Properties properties = producer_properties();
    properties.emplace_back("transactional.id", id);
    // The longest that brokers allow by default: a writer that is gone is shut out by the next one,
    // not by the time.
    properties.emplace_back("transaction.timeout.ms", "900000");
    return properties;
}

PartitionList with_text(const std::string& topic, const WrittenPosition& position) {
    PartitionList list = partition_list(topic, 0, position.number);
    rd_kafka_topic_partition_t& only = list->elems[0];
    only.metadata = ::strdup(position.text.c_str());  // the list's now, which frees it
    only.metadata_size = position.text.size();
    return list;
}

}  // namespace

struct TransactionalWriter::State final : Callbacks {
    State(const ClientSettings& client_settings, WriterIdentity who, std::function<void()> call)
        : settings(client_settings),
          identity(std::move(who)),
          meanwhile(std::move(call)),
          client(RD_KAFKA_PRODUCER, settings, writer_properties(identity.id), *this) {}

    // Repeats the call until it is done. `call` returns null, or an error.
    template <class Call>
    void wait_for(const std::string& what, Call&& call) {
        while (const ClientError error{call()}) {
            if (!rd_kafka_error_is_retriable(error.get())) refuse(*error, what);
            meanwhile();
        }
    }
    [[noreturn]] void refuse(const rd_kafka_error_t& error, const std::string& what) const;
    rd_kafka_topic_t* topic(const std::string& name);
    std::optional<WrittenPosition> committed() const;
    void send_position(const WrittenPosition& position);
    void commit();
    void on_delivery(const rd_kafka_message_t& message) noexcept override;

    const ClientSettings settings;
    const WriterIdentity identity;
    const std::function<void()> meanwhile;
    bool in_transaction = false;
    std::string first_failure;  // of a record of the transaction under way
    rd_kafka_resp_err_t first_code = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::map<std::string, rd_kafka_topic_t*> topics;
    RecordFields fields;
    Client client;
    std::vector<Topic> owned_topics;  // after the client: they go first
};

void TransactionalWriter::State::on_delivery(const rd_kafka_message_t& message) noexcept {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR || !first_failure.empty()) return;
    first_failure = failure_of(message);
    first_code = message.err;
}

void TransactionalWriter::State::refuse(const rd_kafka_error_t& error,
                                        const std::string& what) const {
    const auto code = rd_kafka_error_code(&error);
    std::string words = rd_kafka_error_string(&error);
    auto cause = code;
    if (code == RD_KAFKA_RESP_ERR__FATAL) cause = client.fatal_error(words);
    if (is_fencing(code) || is_fencing(cause))
        throw Error(Error::Kind::fenced, what + ": another writer has taken over");
    if (!first_failure.empty()) words += "; " + first_failure;
    for (const auto each : {code, first_code})
        if (is_about_size(each)) {
            const Error too_large = error_of(each, what, words);
            throw RecordTooLarge(too_large.what(), too_large.hint());
        }
    throw error_of(cause, what, words);
}

rd_kafka_topic_t* TransactionalWriter::State::topic(const std::string& name) {
    auto& known = topics[name];
    if (known == nullptr) known = owned_topics.emplace_back(client.topic(name)).get();
    return known;
}

// A consumer that reads committed records is told no offset that a transaction may still change:
// librdkafka asks again until there is none (KIP-447).
std::optional<WrittenPosition> TransactionalWriter::State::committed() const {
    Properties properties = admin_properties();
    properties.emplace_back("group.id", identity.group);
    struct Silent final : Callbacks {
    } silent;
    const Client member(RD_KAFKA_CONSUMER, settings, properties, silent);
    const PartitionList wanted = partition_list(identity.topic, 0, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_topic_partition_t& only = wanted->elems[0];
    while (true) {
        auto code = rd_kafka_committed(member.get(), wanted.get(), step_milliseconds * 3);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = only.err;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
        if (kind_of(code) != Error::Kind::unavailable)
            throw error_of(code, "can't read the position in group " + identity.group);
        meanwhile();
    }
    if (only.offset < 0) return std::nullopt;
    const auto* text = static_cast<const char*>(only.metadata);
    return WrittenPosition{only.offset, text ? std::string(text, only.metadata_size) : ""};
}

void TransactionalWriter::State::send_position(const WrittenPosition& position) {
    const PartitionList offsets = with_text(identity.topic, position);
    const GroupMetadata group(rd_kafka_consumer_group_metadata_new(identity.group.c_str()));
    wait_for("can't write the position", [&] {
        return rd_kafka_send_offsets_to_transaction(client.get(), offsets.get(), group.get(),
                                                    step_milliseconds);
    });
}

void TransactionalWriter::State::commit() {
    wait_for("can't commit",
             [&] { return rd_kafka_commit_transaction(client.get(), step_milliseconds); });
    in_transaction = false;
}

TransactionalWriter::TransactionalWriter(const ClientSettings& settings, WriterIdentity identity,
                                         std::function<void()> meanwhile)
    : state_(std::make_unique<State>(settings, std::move(identity), std::move(meanwhile))) {}

TransactionalWriter::~TransactionalWriter() {
    if (!state_->in_transaction) return;
    const ClientError ignored(rd_kafka_abort_transaction(state_->client.get(), abort_milliseconds));
}

std::optional<WrittenPosition> TransactionalWriter::open() {
    state_->wait_for("can't begin to write as " + state_->identity.id, [&] {
        return rd_kafka_init_transactions(state_->client.get(), step_milliseconds);
    });
    return state_->committed();
}

void TransactionalWriter::begin() {
    state_->wait_for("can't begin a transaction",
                     [&] { return rd_kafka_begin_transaction(state_->client.get()); });
    state_->in_transaction = true;
}

void TransactionalWriter::send(const std::string& topic, const Outgoing& record) {
    rd_kafka_t* handle = state_->client.get();
    Headers headers = headers_of(record);
    fill(state_->fields, state_->topic(topic), record, headers.get());
    int waited = 0;
    while (const ClientError error{
        rd_kafka_produceva(handle, state_->fields.data(), state_->fields.size())}) {
        if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            state_->refuse(*error, "can't send to topic " + topic);
        rd_kafka_poll(handle, full_queue_milliseconds);
        waited += full_queue_milliseconds;
        if (waited % step_milliseconds == 0) state_->meanwhile();
    }
    headers.release();  // the record's now
}

void TransactionalWriter::commit(const WrittenPosition& position) {
    rd_kafka_t* handle = state_->client.get();
    while (true) {
        const auto flushed = rd_kafka_flush(handle, step_milliseconds);
        if (flushed == RD_KAFKA_RESP_ERR_NO_ERROR) break;
        if (flushed != RD_KAFKA_RESP_ERR__TIMED_OUT) throw error_of(flushed, "can't deliver");
        state_->meanwhile();
    }
    if (weakened("position_apart")) {
        state_->commit();
        failpoint("after_commit");
        begin();
    }
    state_->send_position(position);
    state_->commit();
}

}  // namespace tidewheel::kafka
