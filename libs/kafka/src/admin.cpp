#include "tidewheel/kafka/admin.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "ask_offset.hpp"
#include "client.hpp"
#include "errors.hpp"

namespace tidewheel::kafka {

namespace {

using Milliseconds = std::chrono::milliseconds;
constexpr int look_again_milliseconds = 20;

std::string at(const std::string& topic, int partition) {
    return "topic " + topic + ", partition " + std::to_string(partition);
}

struct Answer {
    rd_kafka_resp_err_t code;
    const char* words;  // lives as long as the event
};

// The one answer of a request about one topic; `topics` is librdkafka's reader of that kind of
// result.
Answer only(const rd_kafka_event_t* result,
            const rd_kafka_topic_result_t** (*topics)(const rd_kafka_event_t*, std::size_t*)) {
    std::size_t count = 0;
    const rd_kafka_topic_result_t** answers = topics(result, &count);
    if (count != 1) {
        return {RD_KAFKA_RESP_ERR__BAD_MSG, nullptr};
    }
    return {rd_kafka_topic_result_error(answers[0]),
            rd_kafka_topic_result_error_string(answers[0])};
}

NewTopic new_topic(const std::string& topic, int partitions, int replication) {
    std::array<char, 256> words{};
    NewTopic wanted(
        rd_kafka_NewTopic_new(topic.c_str(), partitions, replication, words.data(), words.size()));
    if (!wanted) {
        throw Error(Error::Kind::setting, "can't create topic " + topic + ": " + words.data());
    }
    return wanted;
}

// What is wrong with a topic that is to be created, as opposed to who wants it and when.
bool is_about_the_topic(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION ||
           code == RD_KAFKA_RESP_ERR_INVALID_PARTITIONS ||
           code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR ||
           code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

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

struct Admin::State final : Callbacks {
    State(const ClientSettings& settings_of_clients, Milliseconds patience_of_calls)
        : settings(settings_of_clients),
          patience(static_cast<int>(patience_of_calls.count())),
          client(RD_KAFKA_CONSUMER, settings_of_clients, admin_properties(), *this) {}

    void on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept override;

    // Throws what the call's error means; a connection's trouble says more than "timed out".
    void check(rd_kafka_resp_err_t code, const std::string& what, const char* words = nullptr);
    Metadata describe(const std::string& topic);
    std::pair<std::int64_t, std::int64_t> bounds(const Client& asking, const std::string& topic,
                                                 int partition);
    void await_leaders(const std::string& topic, int partitions);
    // Sends a request by `request(options, queue)` and waits for its answer.
    template <typename Request>
    Event ask(rd_kafka_admin_op_t operation, const std::string& what, Request request);
    // Has the topic created; only_validate: or only looked at.
    Event ask_for(const NewTopic& wanted, const std::string& what, bool only_validate);

    ClientSettings settings;
    int patience;  // milliseconds
    Connection connection;
    std::atomic<bool> wrong_password = false;
    Client client;
    std::optional<Client> uncommitted;  // reads open transactions, too
};

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
        rd_kafka_poll(client.get(), 0);  // hear what the connection's trouble is
        const std::string trouble = connection.last_error();
        if (wrong_password) {
            throw error_of(RD_KAFKA_RESP_ERR__AUTHENTICATION, what, trouble);
        }
        if (!trouble.empty()) {
            throw error_of(code, what, std::string(rd_kafka_err2str(code)) + " (" + trouble + ")");
        }
    }
    throw error_of(code, what, words ? words : "");
}

Metadata Admin::State::describe(const std::string& topic) {
    const Topic handle = client.topic(topic);
    const rd_kafka_metadata_t* answer = nullptr;
    check(rd_kafka_metadata(client.get(), 0, handle.get(), &answer, patience), "topic " + topic);
    Metadata metadata(answer);
    if (metadata->topic_cnt != 1) {
        throw error_of(RD_KAFKA_RESP_ERR__BAD_MSG, "topic " + topic);
    }
    return metadata;
}

void Admin::State::await_leaders(const std::string& topic, int partitions) {
    const auto deadline = std::chrono::steady_clock::now() + Milliseconds(patience);
    while (partitions_with_leaders(describe(topic)->topics[0]) != partitions) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw Error(Error::Kind::unavailable,
                        "the partitions of topic " + topic + " have no leaders yet",
                        "Look at the brokers' logs.");
        }
        rd_kafka_poll(client.get(), look_again_milliseconds);
    }
}

template <typename Request>
Event Admin::State::ask(rd_kafka_admin_op_t operation, const std::string& what, Request request) {
    const AdminOptions options(rd_kafka_AdminOptions_new(client.get(), operation));
    std::array<char, 256> words{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), patience, words.data(), words.size());
    const Queue answers(rd_kafka_queue_new(client.get()));
    request(options.get(), answers.get());
    Event event(rd_kafka_queue_poll(answers.get(), patience + look_again_milliseconds));
    if (!event) {
        check(RD_KAFKA_RESP_ERR__TIMED_OUT, what);
    }
    check(rd_kafka_event_error(event.get()), what, rd_kafka_event_error_string(event.get()));
    return event;
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

Admin::Admin(const ClientSettings& settings, Milliseconds patience)
    : state_(std::make_unique<State>(settings, patience)) {}

Admin::~Admin() = default;

std::optional<int> Admin::partitions(const std::string& topic) {
    const Metadata metadata = state_->describe(topic);
    const rd_kafka_metadata_topic_t& found = metadata->topics[0];
    if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return std::nullopt;
    }
    if (found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
        state_->check(found.err, "topic " + topic);
    }
    return found.partition_cnt;
}

bool Admin::create_topic(const std::string& topic, int partitions, int replication,
                         const std::map<std::string, std::string>& config) {
    const std::string what = "can't create topic " + topic;
    const NewTopic wanted = new_topic(topic, partitions, replication);
    for (const auto& [name, value] : config) {
        state_->check(rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str()),
                      what);
    }
    const Event event = state_->ask_for(wanted, what, false);
    const auto answer =
        only(rd_kafka_event_CreateTopics_result(event.get()), rd_kafka_CreateTopics_result_topics);
    if (answer.code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        return false;
    }
    state_->check(answer.code, what, answer.words);
    state_->await_leaders(topic, partitions);
    return true;
}

std::optional<std::string> Admin::objection(const std::string& topic, int partitions,
                                            int replication) {
    const std::string what = "can't create topic " + topic;
    const Event event = state_->ask_for(new_topic(topic, partitions, replication), what, true);
    const auto answer =
        only(rd_kafka_event_CreateTopics_result(event.get()), rd_kafka_CreateTopics_result_topics);
    if (is_about_the_topic(answer.code)) {
        return answer.words ? answer.words : rd_kafka_err2str(answer.code);
    }
    if (answer.code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        state_->check(answer.code, what, answer.words);
    }
    return std::nullopt;
}

void Admin::add_partitions(const std::string& topic, int total) {
    const std::string what = "can't add partitions to topic " + topic;
    std::array<char, 256> words{};
    const NewPartitions wanted(rd_kafka_NewPartitions_new(
        topic.c_str(), static_cast<std::size_t>(total), words.data(), words.size()));
    if (!wanted) {
        throw Error(Error::Kind::setting, what + ": " + words.data());
    }
    const Event event =
        state_->ask(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, what, [&](auto* options, auto* queue) {
            rd_kafka_NewPartitions_t* list[] = {wanted.get()};
            rd_kafka_CreatePartitions(state_->client.get(), list, 1, options, queue);
        });
    const auto answer = only(rd_kafka_event_CreatePartitions_result(event.get()),
                             rd_kafka_CreatePartitions_result_topics);
    state_->check(answer.code, what, answer.words);
    state_->await_leaders(topic, total);
}

void Admin::delete_topic(const std::string& topic) {
    const std::string what = "can't delete topic " + topic;
    const DeleteTopic unwanted(rd_kafka_DeleteTopic_new(topic.c_str()));
    const Event event =
        state_->ask(RD_KAFKA_ADMIN_OP_DELETETOPICS, what, [&](auto* options, auto* queue) {
            rd_kafka_DeleteTopic_t* list[] = {unwanted.get()};
            rd_kafka_DeleteTopics(state_->client.get(), list, 1, options, queue);
        });
    const auto answer =
        only(rd_kafka_event_DeleteTopics_result(event.get()), rd_kafka_DeleteTopics_result_topics);
    state_->check(answer.code, what, answer.words);
}

void Admin::delete_records(const std::string& topic, int partition, std::int64_t before) {
    const std::string what = "can't delete records of " + at(topic, partition);
    const PartitionList offsets = partition_list(topic, partition, before);
    const DeleteRecords unwanted(rd_kafka_DeleteRecords_new(offsets.get()));
    const Event event =
        state_->ask(RD_KAFKA_ADMIN_OP_DELETERECORDS, what, [&](auto* options, auto* queue) {
            rd_kafka_DeleteRecords_t* list[] = {unwanted.get()};
            rd_kafka_DeleteRecords(state_->client.get(), list, 1, options, queue);
        });
    const auto* result = rd_kafka_event_DeleteRecords_result(event.get());
    const auto* answers = rd_kafka_DeleteRecords_result_offsets(result);
    for (int i = 0; i < answers->cnt; ++i) {
        state_->check(answers->elems[i].err, what);
    }
}

namespace {}  // namespace

// Right after a topic was made, or a leader moved, a broker may say that it is not the leader: that
// passes.
std::pair<std::int64_t, std::int64_t> Admin::State::bounds(const Client& asking,
                                                           const std::string& topic,
                                                           int partition) {
    const auto deadline = std::chrono::steady_clock::now() + Milliseconds(patience);
    for (;;) {
        std::int64_t first = RD_KAFKA_OFFSET_BEGINNING, end = RD_KAFKA_OFFSET_END;
        auto code = ask_offset(asking.get(), topic, partition, patience, first);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            code = ask_offset(asking.get(), topic, partition, patience, end);
        if (!heals_by_itself(code) || std::chrono::steady_clock::now() > deadline) {
            check(code, at(topic, partition));
            return {first, end};
        }
        rd_kafka_poll(asking.get(), look_again_milliseconds);
    }
}

// The client reads committed records only, and asks for offsets in the same spirit: the end is the
// last stable offset.
std::pair<std::int64_t, std::int64_t> Admin::watermarks(const std::string& topic, int partition) {
    return state_->bounds(state_->client, topic, partition);
}

std::int64_t Admin::high_watermark(const std::string& topic, int partition) {
    if (!state_->uncommitted) {
        Properties properties = admin_properties();
        properties.emplace_back("isolation.level", "read_uncommitted");
        state_->uncommitted.emplace(RD_KAFKA_CONSUMER, state_->settings, properties, *state_);
    }
    return state_->bounds(*state_->uncommitted, topic, partition).second;
}

// By a member's own question, on a client that never joins: ListConsumerGroupOffsets of
// librdkafka 2.0.2 has ended a process with a segmentation fault, rarely, right after the broker's
// start.
std::map<int, std::int64_t> Admin::group_offsets(const std::string& group, const std::string& topic,
                                                 int partitions) {
    Properties properties = admin_properties();
    properties.emplace_back("group.id", group);
    const Client member(RD_KAFKA_CONSUMER, state_->settings, properties, *state_);
    const PartitionList wanted(rd_kafka_topic_partition_list_new(partitions));
    rd_kafka_topic_partition_list_add_range(wanted.get(), topic.c_str(), 0, partitions - 1);
    state_->check(rd_kafka_committed(member.get(), wanted.get(), state_->patience),
                  "can't list the offsets of group " + group);
    std::map<int, std::int64_t> offsets;
    for (int i = 0; i < wanted->cnt; ++i)
        offsets[wanted->elems[i].partition] = std::max<std::int64_t>(wanted->elems[i].offset, -1);
    return offsets;
}

}  // namespace tidewheel::kafka
