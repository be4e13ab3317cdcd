#include "tidewheel/kafka/consumer.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <mutex>
#include <stdexcept>

#include "ask_offset.hpp"
#include "client.hpp"
#include "errors.hpp"
#include "partition_source.hpp"

namespace tidewheel::kafka {

namespace {

constexpr int last_commit_milliseconds = 1000;
constexpr int goodbye_milliseconds = 200;
// After so long a silence a broker is asked; it is lost when it has left so many questions in a row
// without an answer, each for so long.
constexpr std::chrono::seconds ask_after{1};
constexpr int answer_milliseconds = 500, questions = 2;
constexpr std::chrono::seconds longest_goodbye{10};

std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t& list) {
    std::vector<TopicPartition> result;
    for (int i = 0; i < list.cnt; ++i) {
        result.push_back({list.elems[i].topic, list.elems[i].partition});
    }
    return result;
}

template <typename Offsets>
PartitionList list_of(const Offsets& offsets) {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [where, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), where.topic.c_str(), where.partition)
            ->offset = offset;
    }
    return list;
}

}  // namespace

// The poll thread does everything but two things: other threads call publish_offsets(), and sources
// report to connection.
struct GroupConsumer::State final : Callbacks {
    struct Assigned {
        Queue queue;  // keeps the partition's queue away from the consumer's, also while no source
                      // reads it
        std::int64_t start;
    };

    State(const ClientSettings& settings, const std::string& group, std::size_t fetch_bytes)
        : client(RD_KAFKA_CONSUMER, settings, group_consumer_properties(group, fetch_bytes),
                 *this) {
        rd_kafka_poll_set_consumer(client.get());  // errors and rebalances are all served by poll()
    }

    void subscribe(const std::vector<std::string>& topics);
    void leave();
    void serve(int milliseconds);
    void listen();
    bool is_answered();
    void rethrow_failure();
    void look_at(const rd_kafka_message_t& message);
    void die();

    void on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept override;
    void on_rebalance(rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t& partitions) noexcept override;
    void assign(const std::vector<TopicPartition>& partitions);
    void revoke(const std::vector<TopicPartition>& partitions, bool lost);
    void drop_assignment(rd_kafka_resp_err_t code) noexcept;

    void publish(const std::vector<StartOffset>& next);
    void publish_for_the_last_time();

    Connection connection;
    std::chrono::steady_clock::time_point heard_at;
    int unanswered = 0;
    AssignmentListener* listener = nullptr;
    std::map<TopicPartition, Assigned> assigned;
    std::map<std::string, std::string> topic_troubles;
    std::exception_ptr failure;  // what a callback could not throw: poll() does
    bool closed = false;
    bool dead = false;  // by a fatal error
    std::mutex mutex;   // of published
    std::map<TopicPartition, std::int64_t> published;
    Client client;  // last: its threads use what stands above until it is gone
};

void GroupConsumer::State::subscribe(const std::vector<std::string>& topics) {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
    for (const auto& topic : topics) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    const auto code = rd_kafka_subscribe(client.get(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw error_of(code, "can't subscribe");
    }
}

// Leaves the group; the listener hears of the end of its partitions while this waits.
void GroupConsumer::State::leave() {
    rd_kafka_unsubscribe(client.get());
    const auto deadline = std::chrono::steady_clock::now() + longest_goodbye;
    while (!assigned.empty() && std::chrono::steady_clock::now() < deadline) {
        serve(goodbye_milliseconds);
    }
}

void GroupConsumer::State::serve(int milliseconds) {
    Message message(rd_kafka_consumer_poll(client.get(), milliseconds));
    if (message) {
        look_at(*message);
    }
}

// When there is nothing to read, nothing tells that a broker is back, and librdkafka is slow to
// tell that the last one is gone, if it ever does (a frozen one holds its connections): so ask.
void GroupConsumer::State::listen() {
    const auto now = std::chrono::steady_clock::now();
    if (connection.heard()) {
        heard_at = now;
        unanswered = 0;
    }
    if (connection.up() && now - heard_at < ask_after) {
        return;
    }
    if (is_answered()) {
        connection.good();
    } else if (++unanswered == questions) {
        connection.silent("timed out");
    }
}

bool GroupConsumer::State::is_answered() {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(client.get(), 0, nullptr, &answer, answer_milliseconds);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    rd_kafka_metadata_destroy(answer);
    return true;
}

void GroupConsumer::State::rethrow_failure() {
    if (failure) {
        if (!dead) {  // then there is nothing to leave
            leave();
        }
        std::rethrow_exception(std::exchange(failure, nullptr));
    }
}

// What arrives at the consumer's own queue are errors of the group and of the subscription; records
// go to their partitions'.
void GroupConsumer::State::look_at(const rd_kafka_message_t& message) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw std::logic_error("a record came outside of its partition's queue");
    }
    const char* words = rd_kafka_message_errstr(&message);
    connection.trouble(words);
    if (message.err == RD_KAFKA_RESP_ERR__FATAL) {
        die();
    } else if (message.rkt) {  // about one topic: the others go on
        topic_troubles[rd_kafka_topic_name(message.rkt)] = words;
    } else if (kind_of(message.err) != Error::Kind::unavailable && !failure) {
        failure = std::make_exception_ptr(error_of(message.err, "consumer group", words));
    }
}

// A consumer's fatal error arrives as a message, or by the callback.
void GroupConsumer::State::die() {
    std::string words;
    client.fatal_error(words);
    dead = true;
    failure = std::make_exception_ptr(
        FatalError("the Kafka consumer can't go on: " + words,
                   "Another process may use the same group.instance.id. Start this one anew."));
}

void GroupConsumer::State::on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept {
    connection.report(code, text);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        die();
    } else if (kind_of(code) == Error::Kind::setting ||
               (kind_of(code) == Error::Kind::refused && !is_about_a_topic(code))) {
        failure = std::make_exception_ptr(error_of(code, "Kafka", text));
    }
}

void GroupConsumer::State::on_rebalance(rd_kafka_resp_err_t code,
                                        rd_kafka_topic_partition_list_t& partitions) noexcept {
    try {
        connection.good();
        if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && listener && !failure && !closed) {
            assign(partitions_of(partitions));
            return;
        }
        if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS && listener) {
            revoke(partitions_of(partitions), rd_kafka_assignment_lost(client.get()));
        }
    } catch (...) {
        failure = std::current_exception();
        rd_kafka_yield(client.get());  // so that poll() can throw it now
    }
    drop_assignment(code);  // also for any other code: librdkafka wants its state synchronised
}

void GroupConsumer::State::assign(const std::vector<TopicPartition>& partitions) {
    const std::vector<StartOffset> starts = listener->on_assigned(partitions);
    std::vector<TopicPartition> started;
    for (const auto& [where, offset] : starts) {
        assigned.insert_or_assign(where, Assigned{own_queue(client, where), offset});
        topic_troubles.erase(where.topic);
        started.push_back(where);
    }
    const auto code = rd_kafka_assign(client.get(), list_of(starts).get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw error_of(code, "can't take the assigned partitions");
    }
    try {
        listener->on_started(started);
    } catch (...) {
        listener->on_revoked(started, false);
        throw;
    }
}

void GroupConsumer::State::revoke(const std::vector<TopicPartition>& partitions, bool lost) {
    std::vector<TopicPartition> ours;
    std::ranges::copy_if(partitions, std::back_inserter(ours),
                         [this](const TopicPartition& where) { return assigned.contains(where); });
    if (ours.empty()) {
        return;
    }
    listener->on_revoked(ours, lost);
    if (!lost) {
        publish_for_the_last_time();
    }
}

// An assignment must be answered with a list, if an empty one: with NULL, librdkafka 2.0.2 waits
// for the list for ever and postpones every later subscription. A revocation is answered with NULL.
void GroupConsumer::State::drop_assignment(rd_kafka_resp_err_t code) noexcept {
    assigned.clear();
    {
        const std::lock_guard lock(mutex);
        published.clear();
    }
    const PartitionList none(rd_kafka_topic_partition_list_new(0));
    rd_kafka_assign(client.get(),
                    code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? none.get() : nullptr);
}

void GroupConsumer::State::publish(const std::vector<StartOffset>& next) {
    std::map<TopicPartition, std::int64_t> offsets;
    for (const auto& [where, offset] : next) {
        if (offset >= 0) {
            offsets[where] = offset;
        }
    }
    if (offsets.empty()) {
        return;
    }
    rd_kafka_commit(client.get(), list_of(offsets).get(), /*async=*/1);
    const std::lock_guard lock(mutex);
    offsets.merge(published);
    published.swap(offsets);
}

// Waits for the answer, but not for long: these offsets are for onlookers.
void GroupConsumer::State::publish_for_the_last_time() {
    PartitionList offsets;
    {
        const std::lock_guard lock(mutex);
        if (published.empty()) {
            return;
        }
        offsets = list_of(published);
    }
    Queue answers(rd_kafka_queue_new(client.get()));
    rd_kafka_commit_queue(client.get(), offsets.get(), answers.get(), nullptr, nullptr);
    Event answer(rd_kafka_queue_poll(answers.get(), last_commit_milliseconds));
}

GroupConsumer::GroupConsumer(const ClientSettings& settings, const std::string& group,
                             std::size_t fetch_bytes)
    : state_(std::make_unique<State>(settings, group, fetch_bytes)) {}

GroupConsumer::~GroupConsumer() {
    try {
        close();
    } catch (...) {
        // The listener's trouble at the very end: whoever wants to hear of it calls close().
    }
}

void GroupConsumer::subscribe(const std::vector<std::string>& topics,
                              AssignmentListener& listener) {
    state_->leave();
    state_->rethrow_failure();
    state_->listener = &listener;
    state_->subscribe(topics);
}

void GroupConsumer::poll(std::chrono::milliseconds wait) {
    state_->serve(static_cast<int>(wait.count()));
    state_->rethrow_failure();
    state_->listen();
}

std::unique_ptr<engine::RecordSource> GroupConsumer::source(const TopicPartition& where) {
    const auto found = state_->assigned.find(where);
    if (found == state_->assigned.end()) {
        throw std::logic_error("source of a partition that is not assigned: " + where.topic + " " +
                               std::to_string(where.partition));
    }
    return std::make_unique<PartitionSource>(state_->client, state_->connection, where,
                                             found->second.start);
}

void GroupConsumer::publish_offsets(const std::vector<StartOffset>& next) {
    state_->publish(next);
}

void GroupConsumer::close() {
    if (std::exchange(state_->closed, true)) {
        return;
    }
    rd_kafka_consumer_close(state_->client.get());
    if (state_->failure) {
        std::rethrow_exception(std::exchange(state_->failure, nullptr));
    }
}

const std::map<std::string, std::string>& GroupConsumer::topic_troubles() const {
    return state_->topic_troubles;
}

std::optional<std::int64_t> GroupConsumer::readable_end(const TopicPartition& where) const {
    if (!connected()) {
        return std::nullopt;
    }
    std::int64_t end = RD_KAFKA_OFFSET_END;
    const auto code =
        ask_offset(state_->client.get(), where.topic, where.partition, answer_milliseconds, end);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? std::optional(end) : std::nullopt;
}

bool GroupConsumer::connected() const {
    return state_->connection.up();
}

std::string GroupConsumer::last_error() const {
    return state_->connection.last_error();
}

}  // namespace tidewheel::kafka
