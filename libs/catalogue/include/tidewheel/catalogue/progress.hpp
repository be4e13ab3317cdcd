#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/catalogue/lane_rows.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/engine/recent_latency.hpp"
#include "tidewheel/postgres/connection.hpp"
#include "tidewheel/postgres/session.hpp"

// How far each statement is in each partition: nothing else writes tidewheel.progress (lint). Every
// function throws DatabaseError. A lane's batches move it under the lane's claim (claim.hpp); all
// others fence the statements first, in the transaction that they give here.
namespace tidewheel::catalogue {

// --- Under a lane's claim

// Compare and swap, and COMMIT: the statements of `work` go from its begin to its end, in the
// transaction that holds what `done` says. watermark: the batch's, in microseconds since 2000.
// latencies: of the statements, in their order, up to the commit before.
// False: they are no longer all at its begin under this claim, and the transaction must be rolled
// back.
bool commit_progress(postgres::Session& session, const LaneClaim& claim,
                     const engine::CommitRequest& work, const engine::Committed& done,
                     std::optional<std::int64_t> watermark,
                     const std::vector<std::optional<engine::Latency>>& latencies);

// Records that its statements can't continue, why, and since when. False: they are no longer all
// under this claim.
bool note_missing(postgres::Session& session, const LaneClaim& claim,
                  const engine::MissingData& missing);

// --- Claims: the writing half of claim()

// A partition that the topic has gained since `apply` has no rows yet.
void add_unread(postgres::Transaction& transaction, const LaneClaim& lane);
// Gives the lane's rows, those of an older epoch that miss no data, to the claimant under the
// lane's epoch. Returns the next_offset, last_offset and statement of each.
postgres::Rows take_over(postgres::Transaction& transaction, const LaneClaim& lane,
                         const Claimant& claimant);
// Those of the lane's statements that haven't begun begin at this offset.
void begin_unread(postgres::Transaction& transaction, const LaneClaim& lane, std::int64_t first);
// What the claimant has in the partition beside the lane's statements no longer has an owner.
void leave(postgres::Transaction& transaction, const LaneClaim& lane, const Claimant& claimant);

// Once the transaction is committed, no batch of these statements commits under a claim that was
// made before. Waits for those that are committing. Raise the catalogue's version first: a claim
// holds on to it, so that none can slip in between.
void fence(postgres::Transaction& transaction, const std::vector<int>& statements);

// --- Changes of what statements read

// A partition that the statement didn't read. next: where it begins; nullopt: at the oldest record
// when it is claimed.
void add_partition(postgres::Transaction& transaction, int statement, const std::string& topic,
                   int partition, std::optional<std::int64_t> next = {});
// It no longer reads the partition.
void remove_partition(postgres::Transaction& transaction, int statement, int partition);
// No record of it was applied yet: it begins at `next`, the oldest record.
void begin_at(postgres::Transaction& transaction, int statement, const std::string& topic,
              int partition, std::int64_t next);

// The statement continues at `next`, wherever it was. first: the partition's oldest offset.
void move_to(postgres::Transaction& transaction, int statement, int partition, std::int64_t next,
             std::int64_t first);
// A statement in a partition of its topic.
struct Reading {
    int statement, partition;
};
// As parameters of type integer[], in the same order.
std::string statements_of(const std::vector<Reading>& readings);
std::string partitions_of(const std::vector<Reading>& readings);
// The topic was created again, with so many partitions: its readers begin with its first records,
// but for those that are in it already. Partitions that it doesn't have are no longer waited for.
// Rebuilds under way have read the old topic: without progress they start again.
void begin_topic_again(postgres::Transaction& transaction, const std::string& topic, int partitions,
                       const std::vector<Reading>& in_it);
// A rebuild under way relies on where the view was: without progress it starts again.
void forget_rebuild(postgres::Transaction& transaction, int statement);

// The view takes over its shadow's progress. Where both read a partition the view's row stays, with
// its owner, epoch and watermark.
void take_progress_of_shadow(postgres::Transaction& transaction, int view, int shadow);

// Rows that a redrive has stored, by statement, from records of this partition. watermark: theirs,
// in microseconds since 2000.
void count_redriven(postgres::Session& session, const std::string& topic, int partition,
                    const std::map<int, std::size_t>& rows_written,
                    std::optional<std::int64_t> watermark);

}  // namespace tidewheel::catalogue
