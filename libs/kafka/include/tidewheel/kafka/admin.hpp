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

// Topics and offsets. Every call blocks for at most `patience` and throws Error: unavailable when
// no broker answers in time, refused when one says no, setting when librdkafka doesn't know a
// property.
class Admin {
  public:
    explicit Admin(const ClientSettings& settings,
                   std::chrono::milliseconds patience = std::chrono::seconds(10));
    ~Admin();
    Admin(const Admin&) = delete;
    Admin& operator=(const Admin&) = delete;

    std::optional<int> partitions(const std::string& topic);  // nullopt: no such topic
    // replication -1: the broker's default. False when the topic was there already. Returns once
    // its leaders are known.
    bool create_topic(const std::string& topic, int partitions, int replication = -1,
                      const std::map<std::string, std::string>& config = {});
    // What the brokers have against such a topic, in their words: its name, its partitions, its
    // replication, a policy of theirs. nullopt: nothing, or it is there already. Creates nothing.
    std::optional<std::string> objection(const std::string& topic, int partitions,
                                         int replication = -1);
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
