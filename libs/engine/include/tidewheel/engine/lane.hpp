#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <stop_token>
#include <vector>

#include "tidewheel/core/clock.hpp"
#include "tidewheel/engine/batch_filler.hpp"
#include "tidewheel/engine/batch_sink.hpp"
#include "tidewheel/engine/commit_runner.hpp"
#include "tidewheel/engine/decoder.hpp"
#include "tidewheel/engine/lane_batch.hpp"
#include "tidewheel/engine/lane_observer.hpp"
#include "tidewheel/engine/lane_retry.hpp"
#include "tidewheel/engine/log_guard.hpp"
#include "tidewheel/engine/memory_budget.hpp"
#include "tidewheel/engine/record.hpp"

namespace tidewheel::engine {

struct LaneLimits {
    std::size_t rows = 10000;
    std::size_t bytes = 8u << 20;
    // The time from commit to commit, at least, unless a batch is full; longer after a slow one.
    // 0: none.
    std::chrono::milliseconds linger{5};
    std::chrono::milliseconds retry_longest{5000};
    // How long the source must report that the log ends before what was applied, until the lane
    // stops.
    std::chrono::milliseconds confirm_truncation{15000};
    // The maximum number of records in the first batch; it doubles with each batch, up to `rows`.
    // 0: `rows`. See Lane::next_rows().
    std::size_t first_rows = 0;
    // What the batches of all lanes share; must outlive the lane. None: no such limit.
    MemoryBudget* memory = nullptr;
    // How often an idle lane writes a heartbeat: alive, no new records.
    std::chrono::milliseconds heartbeat{10000};
    // How many records it reads between two looks at the commit that is under way.
    std::size_t slice = 256;
};

// A lane: one assigned partition with its own batches, its own transaction and its own progress.
// Lanes share nothing.
//
// It fills one batch while the one before is being stored. What it fills is based on the success of
// that commit: the batch begins where the other one ends. So it is stored only once the other one
// is, and otherwise goes with the lane, or gives its records to the other one. A batch is closed
// when it is full, or when nothing more has arrived and nothing is being stored: batches are small
// while the lane keeps up, and large when it is behind.
class Lane {
  public:
    // The sink is called on the runner's thread while a commit is under way, and on the lane's
    // otherwise; everything else on the lane's alone.
    Lane(RecordSource& source, Decoder& decoder, BatchSink& sink, CommitRunner& runner,
         const Schema& schema, LaneObserver& observer, LaneLimits limits,
         const Clock& clock = Clock::system());

    // Runs until it is stopped; a batch that is being committed is finished, one that is being
    // filled is abandoned. Throws Error: fenced; pipeline when a statement can't be run any more;
    // unavailable or refused when the partition can't be read; MissingData when statements can't go
    // on, once everything before is committed and this is recorded. It holds no records afterwards.
    void run(std::stop_token stop);

    // After run(): how many records another lane of this partition should begin with. The half of a
    // batch that had to be abandoned: it took too long, and would again.
    std::size_t next_rows(bool was_abandoned) const;

  private:
    // One that has been begun. The runner's thread writes the outcome.
    struct Commit {
        CommitRequest request;
        Clock::Monotonic began;
        std::chrono::nanoseconds filling;
        Committed done = {};
        std::exception_ptr failure = {};
    };

    void serve(std::stop_token stop);
    void open(std::stop_token stop);
    void step(std::stop_token stop);
    BatchFiller::State fill(std::stop_token stop, int wait);
    void help(std::stop_token stop, const BatchFiller::Stuck& stuck);
    void rest(std::stop_token stop);
    int spacing_left() const;

    void begin_batch(std::int64_t offset);
    void start(std::int64_t end);
    void settle(std::stop_token stop);
    void repeat(bool& doubtful);
    void stored();
    void grow(std::stop_token stop);
    void require_same_log();
    CommitRequest request(const LaneBatch& batch, std::int64_t end) const;
    std::vector<int> at_next() const;
    void wait_for_commit();
    void forget() {
        batches_.clear();
        filler_.forget();
    }

    RecordSource& source_;
    BatchSink& sink_;
    CommitRunner& runner_;
    LaneObserver& observer_;
    LaneLimits limits_;
    const Clock& clock_;
    LaneRetry retry_;

    std::vector<StatementProgress> progress_;
    std::int64_t next_ = 0;  // everything before is stored, for the statements that stand here
    LogGuard guard_;
    LaneBatches batches_;
    BatchFiller filler_;
    std::optional<Commit> commit_;  // the last one
    bool in_flight_ = false;        // it is under way, or its outcome has not been looked at
    std::size_t unfinished_ = 0;    // records of the batch that is being committed
    std::optional<Clock::Monotonic> written_at_;  // the end of the last commit
};

}  // namespace tidewheel::engine
