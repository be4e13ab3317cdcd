#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

// Topics and offsets. Every call blocks for at most `timeout` and throws Error: unavailable when
// no broker answers in time, refused when one says no, setting when librdkafka doesn't know a
// property.
class Admin {
  public:
    explicit Admin(const ClientSettings& settings,
                   std::chrono::milliseconds timeout = std::chrono::seconds(10));
    ~Admin();
    Admin(const Admin&) = delete;
    Admin& operator=(const Admin&) = delete;

    void require_broker();                                    // that one answers
    std::optional<int> partitions(const std::string& topic);  // nullopt: no such topic
    // replication -1: the broker's default. False when the topic existed already. Returns once
    // its leaders are known.
    bool create_topic(const std::string& topic, int partitions, int replication = -1,
                      const std::map<std::string, std::string>& config = {});
    // Why the brokers would refuse such a topic, in their words: its name, its partitions, its
    // replication, a policy of theirs. nullopt: they would not, or it exists. Creates nothing.
    std::optional<std::string> objection(const std::string& topic, int partitions,
                                         int replication = -1);
    // The topic's id, which tells it from others that had its name before; nullopt: librdkafka is
    // older than 2.3, or the broker doesn't say.
    std::optional<std::string> topic_id(const std::string& topic);
    // The topic's cleanup.policy: delete, compact, or both. nullopt: we may not see it.
    std::optional<std::string> cleanup_policy(const std::string& topic);
    // Whether Kafka takes records out of the middle of the topic. False, too, when we may not see
    // that; what is missing is then found by counting alone.
    bool is_compacted(const std::string& topic);
    void add_partitions(const std::string& topic, int total);  // returns once they have leaders
    void delete_topic(const std::string& topic);
    void delete_records(const std::string& topic, int partition, std::int64_t before);
    // [first, end): the oldest offset that is still there, and the offset after the newest that can
    // be read (read_committed).
    std::pair<std::int64_t, std::int64_t> watermarks(const std::string& topic, int partition);
    // The offset after the newest record. Beyond the end of watermarks() while a transaction is
    // open: what was written since it began can't be read before it ends.
    std::int64_t high_watermark(const std::string& topic, int partition);
    // Group offsets as lag tools see them, by partition; -1: none.
    std::map<int, std::int64_t> group_offsets(const std::string& group, const std::string& topic,
                                              int partitions);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::kafka
