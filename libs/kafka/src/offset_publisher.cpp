#include "offset_publisher.hpp"

namespace tidewheel::kafka {

namespace {
constexpr int last_commit_milliseconds = 1000;
}

PartitionList list_of(const std::map<TopicPartition, std::int64_t>& offsets) {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [where, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), where.topic.c_str(), where.partition)
            ->offset = offset;
    }
    return list;
}

void OffsetPublisher::publish(const Client& client, const std::vector<StartOffset>& next) {
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
    const std::lock_guard lock(mutex_);
    offsets.merge(published_);
    published_.swap(offsets);
}

void OffsetPublisher::publish_for_the_last_time(const Client& client) {
    PartitionList offsets;
    {
        const std::lock_guard lock(mutex_);
        if (published_.empty()) {
            return;
        }
        offsets = list_of(published_);
    }
    const Queue answers(rd_kafka_queue_new(client.get()));
    rd_kafka_commit_queue(client.get(), offsets.get(), answers.get(), nullptr, nullptr);
    const Event answer(rd_kafka_queue_poll(answers.get(), last_commit_milliseconds));
}

void OffsetPublisher::forget() {
    const std::lock_guard lock(mutex_);
    published_.clear();
}

}  // namespace tidewheel::kafka
