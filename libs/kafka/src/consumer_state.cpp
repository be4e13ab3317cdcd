#include "consumer_state.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "errors.hpp"

namespace tidewheel::kafka {

namespace {

constexpr int goodbye_milliseconds = 20;
constexpr std::chrono::seconds longest_goodbye{10};

std::vector<TopicPartition> partitions_of(const rd_kafka_topic_partition_list_t& list) {
    std::vector<TopicPartition> result;
    for (int i = 0; i < list.cnt; ++i) {
        result.push_back({list.elems[i].topic, list.elems[i].partition});
    }
    return result;
}

}  // namespace

void GroupConsumer::State::subscribe(const std::vector<std::string>& topics) {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
    for (const auto& topic : topics) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    const auto code = rd_kafka_subscribe(client.get(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw error_of(code, "can't subscribe");
    }
    const auto deadline = std::chrono::steady_clock::now() + longest_goodbye;
    const int before = assignments_dropped;  // those of the new one may follow at once
    while (!assigned.empty() && assignments_dropped == before &&
           std::chrono::steady_clock::now() < deadline) {
        serve(goodbye_milliseconds);
    }
}

// Leaves the group; the listener is told to stop its partitions while this waits. False: the
// group's coordinator did not answer in time.
bool GroupConsumer::State::leave() {
    rd_kafka_unsubscribe(client.get());
    const auto deadline = std::chrono::steady_clock::now() + longest_goodbye;
    do {
        serve(goodbye_milliseconds);
    } while (!has_left() && std::chrono::steady_clock::now() < deadline);
    return has_left();
}

// librdkafka gives its member id up when it sends its leave, once our partitions are gone.
bool GroupConsumer::State::has_left() const {
    const MemberId id(rd_kafka_memberid(client.get()));
    return assigned.empty() && (!id || *id == '\0');
}

// The group is left before the consumer is closed, while rebalances are served as always. For when
// rd_kafka_consumer_close meets one that has begun, it takes it for done and ends, and the answer
// that our callback gives meanwhile (rd_kafka_assign) may vanish with librdkafka's queue: then the
// call never returns (seen with 2.0.2). A member that can't leave in time goes without a word; the
// group notices by itself.
void GroupConsumer::State::close() {
    if (!dead && leave()) {
        closing = true;
        rd_kafka_consumer_close(client.get());
    }
}

void GroupConsumer::State::serve(int milliseconds) {
    Message message(rd_kafka_consumer_poll(client.get(), milliseconds));
    if (message) {
        look_at(*message);
    }
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
        throw std::logic_error("a record arrived outside of its partition's queue");
    }
    const char* words = rd_kafka_message_errstr(&message);
    connection.failed(words);
    if (message.err == RD_KAFKA_RESP_ERR__FATAL) {
        die();
    } else if (message.rkt) {  // about one topic: the others continue
        topic_failures[rd_kafka_topic_name(message.rkt)] = words;
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
        FatalError("the Kafka consumer cannot continue: " + words,
                   "Another process may use the same group.instance.id. Restart this one."));
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
    if (closing) {
        return;
    }
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
    for (const auto& where : partitions) {
        topic_failures.erase(where.topic);
    }
    std::vector<TopicPartition> started;
    for (const auto& start : listener->on_assigned(partitions)) {
        fetch_from(start);
        started.push_back(start.where);
    }
    fetch_assigned();
    try {
        listener->on_started(started);
    } catch (...) {
        listener->on_revoked(started, false);
        throw;
    }
}

void GroupConsumer::State::fetch_from(const StartOffset& start) {
    assigned.insert_or_assign(start.where, Assigned{own_queue(client, start.where), start.offset,
                                                    std::make_shared<ReadUpTo>(-1)});
}

// librdkafka begins to fetch all of them, each where its source has read up to.
void GroupConsumer::State::fetch_assigned() {
    std::map<TopicPartition, std::int64_t> starts;
    for (const auto& [where, each] : assigned) {
        starts.emplace(where, each.next());
    }
    const auto code = rd_kafka_assign(client.get(), list_of(starts).get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw error_of(code, "can't take the assigned partitions");
    }
}

void GroupConsumer::State::revoke(const std::vector<TopicPartition>& partitions, bool lost) {
    if (partitions.empty()) {
        return;
    }
    listener->on_revoked(partitions, lost);
    if (!lost) {
        offsets.publish_for_the_last_time(client);
    }
}

// An assignment must be answered with a list, if an empty one: with NULL, librdkafka 2.0.2 waits
// for the list for ever and postpones every later subscription. A revocation is answered with NULL.
void GroupConsumer::State::drop_assignment(rd_kafka_resp_err_t code) noexcept {
    assigned.clear();
    ++assignments_dropped;
    offsets.forget();
    const PartitionList none(rd_kafka_topic_partition_list_new(0));
    rd_kafka_assign(client.get(),
                    code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? none.get() : nullptr);
}

}  // namespace tidewheel::kafka
