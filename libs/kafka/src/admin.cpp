#include "tidewheel/kafka/admin.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "admin_state.hpp"
#include "ask_topic.hpp"
#include "errors.hpp"
#include "tidewheel/engine/topic_partition.hpp"

namespace tidewheel::kafka {

namespace {

using Milliseconds = std::chrono::milliseconds;

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

}  // namespace

Admin::Admin(const ClientSettings& settings, Milliseconds timeout)
    : state_(std::make_unique<State>(settings, timeout)) {}

Admin::~Admin() = default;

void Admin::require_broker() {
    const rd_kafka_metadata_t* answer = nullptr;
    state_->check(rd_kafka_metadata(state_->client.get(), 0, nullptr, &answer, state_->timeout),
                  "Kafka");
    const Metadata metadata(answer);
}

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

std::optional<std::string> Admin::topic_id(const std::string& topic) {
    return ask_topic_id(state_->client.get(), topic, state_->timeout);
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

std::optional<std::string> Admin::cleanup_policy(const std::string& topic) {
    const std::string what = "can't see the configuration of topic " + topic;
    const ConfigResource wanted(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    const Event event =
        state_->ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what, [&](auto* options, auto* queue) {
            rd_kafka_ConfigResource_t* list[] = {wanted.get()};
            rd_kafka_DescribeConfigs(state_->client.get(), list, 1, options, queue);
        });
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count != 1) {
        return std::nullopt;
    }
    const auto code = rd_kafka_ConfigResource_error(resources[0]);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
        return std::nullopt;
    }
    state_->check(code, what, rd_kafka_ConfigResource_error_string(resources[0]));
    const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
        const char* value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value && std::string_view(rd_kafka_ConfigEntry_name(entries[i])) == "cleanup.policy") {
            return value;
        }
    }
    return std::nullopt;
}

bool Admin::is_compacted(const std::string& topic) {
    return cleanup_policy(topic).value_or("").find("compact") != std::string::npos;
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
    const std::string what =
        "can't delete records of " + in_words(engine::TopicPartition{topic, partition});
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
    state_->check(rd_kafka_committed(member.get(), wanted.get(), state_->timeout),
                  "can't list the offsets of group " + group);
    std::map<int, std::int64_t> offsets;
    for (int i = 0; i < wanted->cnt; ++i)
        offsets[wanted->elems[i].partition] = std::max<std::int64_t>(wanted->elems[i].offset, -1);
    return offsets;
}

}  // namespace tidewheel::kafka
