#include "rebuild_range.hpp"

#include <algorithm>

#include "tidewheel/apply/topic_loss.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/topic_partition.hpp"
#include "tidewheel/executor/stream_plan.hpp"

namespace tidewheel::operate {

using catalogue::StoredStatement;
using catalogue::StoredStream;
using postgres::Transaction;

Offsets progress_of(Transaction& transaction, int statement) {
    Offsets progress;
    for (const postgres::Row& row :
         transaction.query("SELECT partition, next_offset FROM tidewheel.progress WHERE "
                           "statement_id = $1 AND next_offset IS NOT NULL",
                           {std::to_string(statement)}))
        progress[static_cast<int>(row.integer(0))] = row.integer(1);
    return progress;
}

Offsets goals_of(postgres::Connection& connection, kafka::Admin& admin, const StoredStream& stream,
                 const StoredStatement& view, const StoredStatement& next) {
    const auto will_read = [&](int partition) { return executor::reads(next, stream, partition); };
    Offsets goals;
    {
        Transaction transaction(connection);
        goals = progress_of(transaction, view.id);
        std::erase_if(goals, [&](const auto& each) { return !will_read(each.first); });
    }
    const std::string& topic = stream.stream.topic;
    const int partitions = admin.partitions(topic).value_or(stream.stream.partitions);
    for (int partition = 0; partition < partitions; ++partition)
        if (will_read(partition) && !executor::reads(view, stream, partition))
            goals[partition] = admin.watermarks(topic, partition).second;
    return goals;
}

Offsets beginnings_of(kafka::Admin& admin, const StoredStream& stream, const Offsets& goals,
                      const std::string& view, bool allow_truncated_topic) {
    const std::string& topic = stream.stream.topic;
    std::vector<int> partitions;
    Offsets begin;
    for (const auto& [partition, next] : goals) {
        const auto [first, end] = admin.watermarks(topic, partition);
        if (next > end || next < first)
            throw Error(Error::Kind::refused,
                        "view " + view + " continues at offset " + std::to_string(next) + " of " +
                            in_words(engine::TopicPartition{topic, partition}) +
                            ", which does not exist",
                        "See docs/how-to/missing-data.md.");
        partitions.push_back(partition);
        begin[partition] = first;
    }
    if (allow_truncated_topic) return begin;
    if (const std::string loss = apply::topic_loss(admin, topic, partitions); !loss.empty())
        throw Error(Error::Kind::refused, loss + ": a rebuilt view would lack them",
                    "--allow-truncated-topic rebuilds it from the records still available.");
    return begin;
}

bool is_between(const Offsets& beginnings, const Offsets& progress, const Offsets& goals) {
    return std::all_of(progress.begin(), progress.end(), [&](const auto& each) {
        const auto begin = beginnings.find(each.first), goal = goals.find(each.first);
        return begin != beginnings.end() && begin->second <= each.second && goal != goals.end() &&
               each.second <= goal->second;
    });
}

}  // namespace tidewheel::operate
