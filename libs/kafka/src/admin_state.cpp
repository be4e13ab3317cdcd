#include "admin_state.hpp"

#include <array>

#include "ask_again.hpp"
#include "ask_offset.hpp"
#include "errors.hpp"
#include "tidewheel/engine/topic_partition.hpp"

namespace tidewheel::kafka {

namespace {

using Milliseconds = std::chrono::milliseconds;
constexpr int longer_than_the_broker = 20;  // milliseconds

// All partitions of the topic have leaders, so that it can be written and read. -1: not (yet).
int partitions_with_leaders(const rd_kafka_metadata_topic_t& topic) {
    if (topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return -1;
    }
    for (int i = 0; i < topic.partition_cnt; ++i) {
        if (topic.partitions[i].leader < 0) {
            return -1;
        }
    }
    return topic.partition_cnt;
}

}  // namespace

void Admin::State::on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept {
    connection.report(code, text);
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
        wrong_password = true;
    }
}

void Admin::State::check(rd_kafka_resp_err_t code, const std::string& what, const char* words) {
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    if (kind_of(code) == Error::Kind::unavailable) {
        rd_kafka_poll(client.get(), 0);  // learn what is wrong with the connection
        const std::string failure = connection.last_error();
        if (wrong_password) {
            throw error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, what, failure);
        }
        if (!failure.empty()) {
            throw error_of(code, what, std::string(rd_kafka_err2str(code)) + " (" + failure + ")");
        }
    }
    throw error_of(code, what, words ? words : "");
}

Metadata Admin::State::describe(const std::string& topic) {
    const Topic handle = client.topic(topic);
    const rd_kafka_metadata_t* answer = nullptr;
    check(rd_kafka_metadata(client.get(), 0, handle.get(), &answer, timeout), "topic " + topic);
    Metadata metadata(answer);
    if (metadata->topic_cnt != 1) {
        throw error_of(RD_KAFKA_RESP_ERR__BAD_MSG, "topic " + topic);
    }
    return metadata;
}

void Admin::State::await_leaders(const std::string& topic, int partitions) {
    Retry retry(ask_again(Milliseconds(timeout)));
    while (partitions_with_leaders(describe(topic)->topics[0]) != partitions) {
        const auto wait = retry.failed();
        if (!wait) {
            throw Error(Error::Kind::unavailable,
                        "the partitions of topic " + topic + " have no leaders yet",
                        "See the brokers' logs.");
        }
        rd_kafka_poll(client.get(), static_cast<int>(wait->count()));
    }
}

Event Admin::State::ask_for(const NewTopic& wanted, const std::string& what, bool only_validate) {
    return ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, what, [&](auto* options, auto* queue) {
        std::array<char, 256> words{};
        rd_kafka_AdminOptions_set_validate_only(options, only_validate ? 1 : 0, words.data(),
                                                words.size());
        rd_kafka_NewTopic_t* list[] = {wanted.get()};
        rd_kafka_CreateTopics(client.get(), list, 1, options, queue);
    });
}

Event Admin::State::ask(
    rd_kafka_admin_op_t operation, const std::string& what,
    const std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& request) {
    const AdminOptions options(rd_kafka_AdminOptions_new(client.get(), operation));
    std::array<char, 256> words{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout, words.data(), words.size());
    const Queue answers(rd_kafka_queue_new(client.get()));
    request(options.get(), answers.get());
    Event event(rd_kafka_queue_poll(answers.get(), timeout + longer_than_the_broker));
    if (!event) {
        check(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
    }
    check(rd_kafka_event_error(event.get()), what, rd_kafka_event_error_string(event.get()));
    return event;
}

// Right after a topic was created, or a leader moved, a broker may say that it is not the leader:
// that passes.
std::pair<std::int64_t, std::int64_t> Admin::State::bounds(const Client& asking,
                                                           const std::string& topic,
                                                           int partition) {
    for (Retry retry(ask_again(Milliseconds(timeout)));;) {
        std::int64_t first = RD_KAFKA_OFFSET_BEGINNING, end = RD_KAFKA_OFFSET_END;
        auto code = ask_offset(asking.get(), topic, partition, timeout, first);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            code = ask_offset(asking.get(), topic, partition, timeout, end);
        const auto wait = heals_by_itself(code) ? retry.failed() : std::nullopt;
        if (!wait) {
            check(code, in_words(engine::TopicPartition{topic, partition}));
            return {first, end};
        }
        rd_kafka_poll(asking.get(), static_cast<int>(wait->count()));
    }
}

}  // namespace tidewheel::kafka
