#include "ask_offset.hpp"

#include <algorithm>
#include <chrono>

#include "client.hpp"

namespace tidewheel::kafka {
namespace {

// What the client remembers of the topic is older than a partition or than a leader.
bool remembers_too_little(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
            return true;
        default:
            return false;
    }
}

int milliseconds_until(std::chrono::steady_clock::time_point end) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    return std::max(1, static_cast<int>(left.count()));
}

void refresh(rd_kafka_t* client, const std::string& topic, int timeout) {
    const Topic handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
    const rd_kafka_metadata_t* answer = nullptr;
    if (rd_kafka_metadata(client, 0, handle.get(), &answer, timeout) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(answer);
    }
}

rd_kafka_resp_err_t ask_once(rd_kafka_t* client, const std::string& topic, int partition,
                             int timeout, std::int64_t& offset) {
    const PartitionList wanted = partition_list(topic, partition, offset);
    const auto code = rd_kafka_offsets_for_times(client, wanted.get(), timeout);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return code;
    }
    const rd_kafka_topic_partition_t& answered = wanted->elems[0];
    if (answered.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        offset = answered.offset;
    }
    return answered.err;
}

}  // namespace

rd_kafka_resp_err_t ask_offset(rd_kafka_t* client, const std::string& topic, int partition,
                               int timeout, std::int64_t& offset) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout);
    const auto code = ask_once(client, topic, partition, timeout, offset);
    if (!remembers_too_little(code)) {
        return code;
    }
    refresh(client, topic, milliseconds_until(end));
    return ask_once(client, topic, partition, milliseconds_until(end), offset);
}

std::map<TopicPartition, std::int64_t> ask_first_offsets(
    rd_kafka_t* client, const std::vector<TopicPartition>& partitions, int timeout) {
    const PartitionList wanted(
        rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const TopicPartition& where : partitions) {
        rd_kafka_topic_partition_list_add(wanted.get(), where.topic.c_str(), where.partition)
            ->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    std::map<TopicPartition, std::int64_t> offsets;
    if (rd_kafka_offsets_for_times(client, wanted.get(), timeout) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return offsets;
    }
    for (int i = 0; i < wanted->cnt; ++i) {
        const rd_kafka_topic_partition_t& each = wanted->elems[i];
        if (each.err == RD_KAFKA_RESP_ERR_NO_ERROR && each.offset >= 0) {
            offsets[{each.topic, each.partition}] = each.offset;
        }
    }
    return offsets;
}

}  // namespace tidewheel::kafka
