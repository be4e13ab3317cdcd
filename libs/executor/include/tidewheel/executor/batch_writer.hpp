#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/catalogue/claim.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/engine/recent_latency.hpp"
#include "tidewheel/executor/batch_executor.hpp"
#include "tidewheel/executor/session_pool.hpp"

namespace tidewheel::executor {

// Commits the batches of one lane: rows, view deltas, dead letters and progress in one transaction,
// for which it leases a session. Used by one thread at a time; cancel() by any.
class BatchWriter final : public engine::BatchSink {
  public:
    // `pool` and `plan` must outlive the writer. lane: what pg_stat_activity shows as the
    // application while a batch is applied. still_wanted: called every half a second while the
    // lane waits for a session, on its thread; false gives up.
    BatchWriter(
        SessionPool& pool, std::string lane, const StreamPlan& plan, catalogue::LaneClaim claim,
        std::function<bool()> still_wanted = [] { return true; });

    std::vector<engine::StatementProgress> open() override;
    engine::Committed commit(const engine::CommitRequest& work) override;
    void stop(const engine::MissingData& missing) override;
    void cancel();  // makes PostgreSQL cancel what it is doing for this lane

  private:
    class Turn;
    template <class Attempt>
    engine::Committed despite_deadlocks(Attempt&& attempt);
    engine::Committed at_fitting_pace(const engine::CommitRequest& work);
    engine::Committed attempt_at_once(const engine::CommitRequest& work);
    engine::Committed attempt_natively(const engine::CommitRequest& work);
    engine::Committed attempt(const engine::CommitRequest& work, Pace pace);
    void begin(const std::vector<int>& statements);
    engine::Committed attempt_carefully(const engine::CommitRequest& work);
    void note(const std::vector<int>& statements, std::int64_t offset, const std::string& reason);
    void commit_progress(const engine::CommitRequest& work, const engine::Committed& done);
    void end_predecessor();
    Error claimed_by_another() const;

    SessionPool& pool_;
    std::string lane_;
    const StreamPlan& plan_;
    catalogue::LaneClaim claim_;
    std::function<bool()> still_wanted_;
    std::optional<Clock::Monotonic> failed_at_;  // the last transaction
    postgres::Session* session_ = nullptr;       // leased now; none: between two transactions
    std::mutex session_mutex_;                   // guards the pointer, for cancel()
    BatchExecutor executor_;
    std::string preparation_;  // the executor's
    // After the engine has declined a batch, so many go straight to PostgreSQL: twice as many each
    // time, up to 64.
    int pushed_down_ = 0, to_push_down_ = 0;
    // As far as this lane knows: others write it only under a claim.
    std::vector<catalogue::Waiting> waiting_;
    engine::RecentLatency latency_;
};

}  // namespace tidewheel::executor
