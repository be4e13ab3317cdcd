#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tidewheel/engine/record.hpp"
#include "tidewheel/engine/topic_partition.hpp"

namespace tidewheel::engine {

struct StartOffset {
    TopicPartition where;
    // Explicit: offset_beginning or a number; never "whatever Kafka has stored".
    std::int64_t offset;
};
inline constexpr std::int64_t offset_beginning = -2;

// Is called with the group's decisions. All calls come from inside the group, on the thread that
// serves it. It outlives the group, or the group is left before it goes.
class AssignmentListener {
  public:
    virtual ~AssignmentListener() = default;
    // Takes the partitions over (claims them in PostgreSQL) and says where to start. A partition
    // that is left out is not fetched. An exception leaves all of them unassigned; the group is
    // then left, and the thread that serves it gets the exception.
    virtual std::vector<StartOffset> on_assigned(const std::vector<TopicPartition>& partitions) = 0;
    // After the partitions have been assigned: their sources can be read.
    virtual void on_started(const std::vector<TopicPartition>& partitions) = 0;
    // Before the partitions go, also those that were left out: stop reading; return when no source
    // of theirs is in use. `lost`: another member has them already, so nothing may be written.
    virtual void on_revoked(const std::vector<TopicPartition>& partitions, bool lost) = 0;
};

// A member of a group that shares out the partitions of topics, and where the records of its own
// come from. What a service's lanes need of it: the fake of a test is one, too.
class SourceGroup {
  public:
    virtual ~SourceGroup() = default;

    // Joins the group for these topics; an earlier subscription is replaced (its partitions are
    // revoked first). None: leaves it.
    virtual void subscribe(const std::vector<std::string>& topics,
                           AssignmentListener& listener) = 0;
    // Between two rebalances: fetches `stopped` no more and `started` from these offsets on, as
    // on_revoked and on_assigned would have it; ask for new sources of these. The group must have
    // given us all of them. What else is fetched continues, its sources included.
    virtual void refetch(const std::vector<TopicPartition>& stopped,
                         const std::vector<StartOffset>& started) = 0;
    // The source of an assigned partition, from on_started until on_revoked; called on the group's
    // thread, read on any one. It and its records must be gone when on_revoked returns. After it
    // threw it stays broken (continuing could skip records): refetch the partition, or subscribe
    // again, to start from the recorded progress.
    // topic_id: what it says of itself.
    virtual std::unique_ptr<RecordSource> source(const TopicPartition& where,
                                                 std::optional<std::string> topic_id) = 0;
    // Tells the group where we are, for lag tools only; never read back. Asynchronous; any thread
    // may call it.
    virtual void publish_offsets(const std::vector<StartOffset>& next) = 0;
    // Revokes everything through the listener and leaves the group. Blocks for at most some
    // seconds.
    virtual void close() = 0;

    // The oldest offset of each partition, of those that brokers name in time: one question a
    // topic. From inside the listener, too.
    virtual std::map<TopicPartition, std::int64_t> first_offsets(
        const std::vector<TopicPartition>& partitions) const = 0;
    // The id of each topic that the client library and the brokers know one of.
    virtual std::map<std::string, std::string> topic_ids(
        const std::set<std::string>& topics) const = 0;
};

}  // namespace tidewheel::engine
