#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/source_group.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

using engine::AssignmentListener;
using engine::offset_beginning;
using engine::StartOffset;
using engine::TopicPartition;

// A member of a consumer group whose offsets live elsewhere. Each assigned partition has a queue of
// its own, read by one lane's thread; this object's thread calls poll() often (it answers
// rebalances). auto.offset.reset is `error`: an offset that is gone surfaces from the source, never
// as a silent jump. Eager rebalancing by the range assignor (design: reliability, 2a).
class GroupConsumer final : public engine::SourceGroup {
  public:
    GroupConsumer(const ClientSettings& settings, const std::string& group,
                  std::size_t fetch_bytes);
    ~GroupConsumer() override;  // leaves the group
    GroupConsumer(const GroupConsumer&) = delete;
    GroupConsumer& operator=(const GroupConsumer&) = delete;

    void subscribe(const std::vector<std::string>& topics, AssignmentListener& listener) override;
    void refetch(const std::vector<TopicPartition>& stopped,
                 const std::vector<StartOffset>& started) override;
    // Serves the group for at most this long, and for half a second more where no broker answers.
    // Throws Error: refused (authentication, unknown topic…) or what the listener threw; FatalError
    // when this member can't continue.
    void poll(std::chrono::milliseconds wait);
    // librdkafka waits for sources and their records when it closes.
    std::unique_ptr<engine::RecordSource> source(const TopicPartition& where,
                                                 std::optional<std::string> topic_id = {}) override;
    void publish_offsets(const std::vector<StartOffset>& next) override;
    void close() override;

    // What is wrong with a subscribed topic (it does not exist, it may not be read), by its name;
    // removed once it is assigned.
    const std::map<std::string, std::string>& topic_failures() const;
    // Asks the broker how far the partition can be read: short of what a transaction under way
    // holds back. nullopt when it doesn't answer within half a second. On poll()'s thread.
    std::optional<std::int64_t> readable_end(const TopicPartition& where) const;
    std::map<TopicPartition, std::int64_t> first_offsets(
        const std::vector<TopicPartition>& partitions) const override;
    std::map<std::string, std::string> topic_ids(
        const std::set<std::string>& topics) const override;
    bool connected() const;  // some broker answers; its end is known in two to three seconds
    std::string last_error() const;  // the last error that librdkafka reported; empty: none

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::kafka
