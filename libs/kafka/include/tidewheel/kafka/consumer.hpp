#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tidewheel/engine/record.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

struct TopicPartition {
    std::string topic;
    int partition;
    auto operator<=>(const TopicPartition&) const = default;
};

struct StartOffset {
    TopicPartition where;
    std::int64_t
        offset;  // explicit: offset_beginning or a number; never "whatever Kafka has stored"
};
inline constexpr std::int64_t offset_beginning = -2;

// Hears of the group's decisions. All calls come from inside GroupConsumer::poll, subscribe or
// close, on that thread. It outlives the consumer, or close() is called before it goes.
class AssignmentListener {
  public:
    virtual ~AssignmentListener() = default;
    // Takes the partitions over (claims them in PostgreSQL) and says where to start. A partition
    // that is left out is not fetched. An exception leaves all of them unassigned; the consumer
    // then leaves the group and throws it from poll().
    virtual std::vector<StartOffset> on_assigned(const std::vector<TopicPartition>& partitions) = 0;
    // After the partitions have been assigned: their sources can be read.
    virtual void on_started(const std::vector<TopicPartition>& partitions) = 0;
    // Before the partitions go: stop reading; return when no source of theirs is in use. `lost`:
    // they are somebody else's already, so nothing may be written any more.
    virtual void on_revoked(const std::vector<TopicPartition>& partitions, bool lost) = 0;
};

// A member of a consumer group whose offsets live elsewhere. Each assigned partition has a queue of
// its own, read by one lane's thread; this object's thread calls poll() often (it answers
// rebalances). auto.offset.reset is `error`: an offset that is gone surfaces from the source, never
// as a silent jump. Eager rebalancing by the range assignor (design: reliability, 2a).
class GroupConsumer {
  public:
    GroupConsumer(const ClientSettings& settings, const std::string& group,
                  std::size_t fetch_bytes);
    ~GroupConsumer();  // leaves the group
    GroupConsumer(const GroupConsumer&) = delete;
    GroupConsumer& operator=(const GroupConsumer&) = delete;

    // Joins the group for these topics; an earlier subscription is replaced (its partitions are
    // revoked first).
    void subscribe(const std::vector<std::string>& topics, AssignmentListener& listener);
    // Serves the group for at most this long, and for half a second more where no broker answers.
    // Throws Error: refused (authentication, unknown topic…) or what the listener threw; FatalError
    // when this member can't go on.
    void poll(std::chrono::milliseconds wait);
    // The source of an assigned partition, from on_started until on_revoked; called on poll()'s
    // thread, read on any one. It and its records must be gone when on_revoked returns: librdkafka
    // waits for them when it closes. After it threw it stays broken (going on could skip records):
    // subscribe again to start from the recorded progress.
    std::unique_ptr<engine::RecordSource> source(const TopicPartition& where);
    // Tells Kafka where we are, for lag tools only; never read back. Asynchronous; any thread may
    // call it.
    void publish_offsets(const std::vector<StartOffset>& next);
    // Revokes everything through the listener and leaves the group. Blocks for at most some
    // seconds.
    void close();

    // What is wrong with a subscribed topic (it does not exist, it may not be read), by its name;
    // gone once it is assigned.
    const std::map<std::string, std::string>& topic_troubles() const;
    // Asks the broker how far the partition can be read: short of what a transaction under way
    // holds back. nullopt when it doesn't answer within half a second. On poll()'s thread.
    std::optional<std::int64_t> readable_end(const TopicPartition& where) const;
    bool connected() const;  // some broker answers; its end is known in two to three seconds
    std::string last_error() const;  // the last trouble that librdkafka reported; empty: none

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// Reads one partition from `begin` up to `end` (exclusive), outside any group: for verify, tail and
// tests. Calls `each` with the records in order. Throws Error when the partition can't be read to
// the end within `patience` of silence.
void read_partition(const ClientSettings& settings, const TopicPartition& where, std::int64_t begin,
                    std::int64_t end, std::chrono::milliseconds patience,
                    const std::function<void(const engine::Record&)>& each);

}  // namespace tidewheel::kafka
