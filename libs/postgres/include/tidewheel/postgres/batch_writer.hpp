#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tidewheel/engine/lane.hpp"
#include "tidewheel/postgres/copy_encoder.hpp"
#include "tidewheel/postgres/dead_letters.hpp"
#include "tidewheel/postgres/progress.hpp"
#include "tidewheel/postgres/session.hpp"
#include "tidewheel/postgres/stream_plan.hpp"

namespace tidewheel::postgres {

// Commits the batches of one lane: rows, view deltas, dead letters and progress in one transaction.
// Used by one thread; cancel() by any.
//
// A batch runs at full speed first. When PostgreSQL refuses something, the transaction is rolled
// back and the batch runs again carefully: every statement first over no row at all (what fails
// then is the statement's own trouble: Error, kind pipeline), then under savepoints, halving the
// batch until the refused rows stand alone and are parked.
class BatchWriter final : public engine::BatchSink {
  public:
    // `plan` must outlive the writer.
    BatchWriter(std::string url, std::string application, const StreamPlan& plan, LaneClaim claim);

    std::vector<engine::StatementProgress> open() override;
    engine::Committed commit(const engine::Work& work) override;
    void cancel();  // makes PostgreSQL give up what it is doing for this lane

  private:
    enum class Pace { full, careful };
    // Runs over the rows [first, last) of the batch.
    using RunRange = std::function<void(std::size_t first, std::size_t last)>;

    engine::Committed attempt(const engine::Work& work, Pace pace);
    void stage_all(const engine::Batch& batch, Pace pace);
    void stage(const engine::Batch& batch, std::size_t first, std::size_t last);
    void validate(const engine::Work& work, Pace pace);
    void find_refused(const engine::Batch& batch);
    void refuse(const engine::Batch& batch, std::size_t row, engine::Reject reject);
    void drop_refused();
    void apply(const engine::Work& work, Pace pace);
    void apply_views(const engine::Work& work, Pace pace,
                     const std::vector<const StoredStatement*>& pass);
    std::vector<std::vector<const StoredStatement*>> passes_of(
        const std::vector<const StoredStatement*>& views, Pace pace) const;
    void run_statement(const engine::Work& work, Pace pace, const StoredStatement& statement,
                       const std::string& script, const RunRange& run);
    void rehearse(const std::string& script);
    std::size_t apply_rows(const StreamPlan::RowTask& task);
    void halve(const engine::Batch& batch, const RunRange& run,
               const std::function<void(std::size_t, const DatabaseError&)>& park,
               std::size_t first, std::size_t last);
    void move_progress(const engine::Work& work, const engine::Committed& done);
    void use_path(const std::string& search_path);
    void end_predecessor();

    std::string url_, application_;
    const StreamPlan& plan_;
    LaneClaim claim_;
    std::unique_ptr<Session> session_;
    std::mutex session_mutex_;  // guards the pointer, for cancel()
    CopyEncoder encoder_;
    std::string path_;          // the search path in force, in this attempt
    bool views_alone_ = false;  // PostgreSQL would mix up the views' keys in a shared pass
    DeadLetters dead_letters_;
    std::vector<std::size_t> refused_;  // rows that break a rule of the stream, in this attempt
    std::vector<std::pair<int, std::size_t>> written_;  // rows by statement, in this attempt
};

}  // namespace tidewheel::postgres
