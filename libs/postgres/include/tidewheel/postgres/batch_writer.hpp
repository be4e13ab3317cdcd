#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/postgres/batch_executor.hpp"
#include "tidewheel/postgres/progress.hpp"

namespace tidewheel::postgres {

// Commits the batches of one lane: rows, view deltas, dead letters and progress in one transaction.
// Used by one thread; cancel() by any.
class BatchWriter final : public engine::BatchSink {
  public:
    // `plan` must outlive the writer. renew_after: a session's age at which the next batch gets a
    // new one.
    BatchWriter(std::string url, std::string application, const StreamPlan& plan, LaneClaim claim,
                std::chrono::seconds renew_after = std::chrono::hours(1));

    std::vector<engine::StatementProgress> open() override;
    engine::Committed commit(const engine::Work& work) override;
    void cancel();  // makes PostgreSQL give up what it is doing for this lane

  private:
    engine::Committed attempt(const engine::Work& work, Pace pace);
    void move_progress(const engine::Work& work, const engine::Committed& done);
    void end_predecessor();

    std::string url_, application_;
    const StreamPlan& plan_;
    LaneClaim claim_;
    std::chrono::seconds renew_after_;
    Clock::Monotonic opened_at_;
    std::unique_ptr<Session> session_;
    std::mutex session_mutex_;  // guards the pointer, for cancel()
    BatchExecutor executor_;
};

}  // namespace tidewheel::postgres
