#include "tidewheel/kafka/publisher.hpp"

#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "client.hpp"
#include "errors.hpp"
#include "outgoing.hpp"

namespace tidewheel::kafka {
namespace {

constexpr int poll_milliseconds = 100;

Properties publisher_properties(const PublisherLimits& limits) {
    Properties properties = producer_properties();
    // The limits are ours to keep: librdkafka's own must not be reached first.
    properties.insert(properties.end(),
                      {{"message.timeout.ms", std::to_string(limits.delivery.count())},
                       {"queue.buffering.max.messages", std::to_string(limits.records)},
                       {"queue.buffering.max.kbytes", std::to_string(limits.bytes / 512 + 1)},
                       {"linger.ms", "2"}});
    return properties;
}

std::size_t bytes_of(std::span<const Outgoing> records) {
    std::size_t bytes = 0;
    for (const Outgoing& each : records) {
        bytes += each.value.value_or("").size() + each.key.value_or("").size();
        for (const auto& [name, value] : each.headers)
            bytes += name.size() + value.size();
    }
    return bytes;
}

// Where records go. The state's mutex guards what changes.
struct Destination {
    Topic topic;
    std::size_t records = 0;  // that wait for the brokers
    bool is_away = false;     // the leaders of its partitions don't answer
};

// Records that were sent together.
class Group {
  public:
    Group(Destination& to, std::size_t records, std::size_t bytes, Publisher::Done done)
        : to_(to), records_(records), bytes_(bytes), left_(records), done_(std::move(done)) {
        outcome_.sent = records;
    }

    // Each returns true when it was the last record.
    bool delivered() {
        const std::lock_guard lock(mutex_);
        ++outcome_.delivered;
        return --left_ == 0;
    }
    bool failed(std::size_t records, rd_kafka_resp_err_t code, const std::string& why) {
        const std::lock_guard lock(mutex_);
        outcome_.refused = outcome_.refused || kind_of(code) == Error::Kind::refused;
        outcome_.failed += records;
        if (outcome_.first_failure.empty()) outcome_.first_failure = why;
        return (left_ -= records) == 0;
    }

    void finish() const { done_(outcome_); }
    Destination& to() const { return to_; }
    std::size_t records() const { return records_; }
    std::size_t bytes() const { return bytes_; }

  private:
    Destination& to_;
    const std::size_t records_, bytes_;
    std::mutex mutex_;
    std::size_t left_;
    Publisher::Outcome outcome_;
    Publisher::Done done_;
};

}  // namespace

struct Publisher::State final : Callbacks {
    State(const ClientSettings& settings, PublisherLimits wanted)
        : limits(wanted),
          client(RD_KAFKA_PRODUCER, settings, publisher_properties(limits), *this),
          poller([this](const std::stop_token& stop) {
              while (!stop.stop_requested())
                  rd_kafka_poll(client.get(), poll_milliseconds);
          }) {}

    Admission admit(Destination& to, std::size_t more, std::size_t more_bytes);
    void finish(Group* group);
    Destination& destination(const std::string& topic);
    void on_delivery(const rd_kafka_message_t& message) noexcept override;
    void on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept override;

    const PublisherLimits limits;
    mutable std::mutex mutex;            // of what follows, but the client
    std::size_t records = 0, bytes = 0;  // that wait for the brokers
    bool is_away = false;                // no broker answers
    std::string error;
    Client client;
    std::map<std::string, Destination> destinations;  // after the client: they go first
    std::jthread poller;
};

Publisher::Admission Publisher::State::admit(Destination& to, std::size_t more,
                                             std::size_t more_bytes) {
    const std::lock_guard lock(mutex);
    if (more > limits.records || more_bytes > limits.bytes) return Admission::never;
    if (!limits.while_away && ((is_away && records > 0) || (to.is_away && to.records > 0)))
        return Admission::away;
    if (records + more > limits.records || bytes + more_bytes > limits.bytes)
        return Admission::full;
    to.records += more;
    records += more;
    bytes += more_bytes;
    return Admission::taken;
}

void Publisher::State::finish(Group* group) {
    const std::unique_ptr<Group> owned(group);
    {
        const std::lock_guard lock(mutex);
        group->to().records -= group->records();
        records -= group->records();
        bytes -= group->bytes();
    }
    group->finish();
}

Destination& Publisher::State::destination(const std::string& topic) {
    const std::lock_guard lock(mutex);
    Destination& to = destinations[topic];
    if (!to.topic) to.topic = client.topic(topic);
    return to;
}

void Publisher::State::on_delivery(const rd_kafka_message_t& message) noexcept {
    auto* group = static_cast<Group*>(message._private);
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        {
            const std::lock_guard lock(mutex);
            is_away = group->to().is_away = false;
        }
        if (group->delivered()) finish(group);
        return;
    }
    const std::string why = failure_of(message);
    {
        const std::lock_guard lock(mutex);
        error = why;
        if (message.err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) group->to().is_away = true;
    }
    if (group->failed(1, message.err, why)) finish(group);
}

// A connection that rests is closed by its broker; only where records wait does that mean anything.
void Publisher::State::on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept {
    const std::lock_guard lock(mutex);
    error = text;
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && records > 0) is_away = true;
}

Publisher::Publisher(const ClientSettings& settings, PublisherLimits limits)
    : state_(std::make_unique<State>(settings, limits)) {}

Publisher::~Publisher() {
    state_->poller.request_stop();
    state_->poller.join();
    rd_kafka_t* handle = state_->client.get();
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(handle, 1000);
}

// What librdkafka refuses is a failure of the record, known at once.
Publisher::Admission Publisher::send(const std::string& topic, std::span<const Outgoing> records,
                                     Done done) {
    const std::size_t bytes = bytes_of(records);
    Destination& to = state_->destination(topic);
    if (const auto answer = state_->admit(to, records.size(), bytes); answer != Admission::taken)
        return answer;
    auto* group = new Group(to, records.size(), bytes, std::move(done));
    RecordFields fields;
    for (std::size_t i = 0; i < records.size(); ++i) {
        Headers headers = headers_of(records[i]);
        fill(fields, to.topic.get(), records[i], headers.get(), group);
        const ClientError error{
            rd_kafka_produceva(state_->client.get(), fields.data(), fields.size())};
        if (!error) {
            headers.release();  // the record's now
            continue;
        }
        const std::string why = "topic " + topic + ": " + rd_kafka_error_string(error.get());
        if (group->failed(records.size() - i, rd_kafka_error_code(error.get()), why))
            state_->finish(group);
        break;
    }
    return Admission::taken;
}

bool Publisher::away(const std::string& topic) const {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->destinations.find(topic);
    return state_->is_away || (found != state_->destinations.end() && found->second.is_away);
}

void Publisher::note_answer() {
    const std::lock_guard lock(state_->mutex);
    state_->is_away = false;
}

void Publisher::require_alive() const {
    std::string words;
    if (state_->client.fatal_error(words) != RD_KAFKA_RESP_ERR_NO_ERROR)
        throw FatalError("the Kafka producer cannot continue: " + words,
                         "Records that were not acknowledged must be sent again.");
}

std::string Publisher::last_error() const {
    const std::lock_guard lock(state_->mutex);
    return state_->error;
}

}  // namespace tidewheel::kafka
