#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include "client.hpp"
#include "tidewheel/kafka/consumer.hpp"

namespace tidewheel::kafka {

PartitionList list_of(const std::map<TopicPartition, std::int64_t>& offsets);

// Commits offsets to Kafka, for lag tools: Tidewheel never reads them back. Any thread.
class OffsetPublisher {
  public:
    // Doesn't wait for the answer. Negative offsets are left out.
    void publish(const Client& client, const std::vector<StartOffset>& next);
    // What was published, once more. Waits for the answer, but not for long.
    void publish_for_the_last_time(const Client& client);
    void forget();  // another member has the partitions

  private:
    std::mutex mutex_;  // of published_
    std::map<TopicPartition, std::int64_t> published_;
};

}  // namespace tidewheel::kafka
