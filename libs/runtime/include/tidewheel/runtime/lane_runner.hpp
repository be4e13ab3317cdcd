#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/postgres/batch_writer.hpp"
#include "tidewheel/runtime/lane_metrics.hpp"

namespace tidewheel::runtime {

// How a lane is doing, as the service's own thread sees it.
struct LaneStatus {
    std::int64_t next_offset = -1;  // committed up to here; -1: not opened yet
    std::int64_t partition_end = -1;
    std::int64_t record_time = 0;    // of the newest committed record, milliseconds since 1970
    std::int64_t waiting_since = 0;  // of the oldest record of the batch that is being committed;
                                     // 0: none is
    Clock::Monotonic progress_at;  // the last commit, or the last time that there was nothing to do
    Clock::Monotonic seen_at;    // the last sign of life, or the end of the wait that it announced
    std::int64_t position = -1;  // of the source, while there is a lag and nothing comes
    std::string trouble;         // what is being retried; empty: nothing
    std::optional<Error::Kind>
        ended;  // why the lane has ended, if it has (then `trouble` says what happened)
    int failed_statement = 0;           // that ended it; 0: none did
    bool data_missing = false;          // which ended it: nobody but a human knows where to go on
    std::vector<int> left_behind = {};  // statements that alone lack that data; empty: all of them

    std::int64_t lag() const {
        return next_offset < 0 || partition_end < next_offset ? 0 : partition_end - next_offset;
    }
};

// One lane at work: a thread with its source, decoder, batch and PostgreSQL session.
class LaneRunner final : engine::LaneObserver {
  public:
    LaneRunner(const Settings& settings, const std::string& program,
               const postgres::StreamPlan& plan, postgres::LaneClaim claim,
               std::unique_ptr<engine::RecordSource> source, LaneMetrics metrics);
    ~LaneRunner();
    LaneRunner(const LaneRunner&) = delete;
    LaneRunner& operator=(const LaneRunner&) = delete;

    const postgres::LaneClaim& claim() const { return claim_; }
    LaneStatus status() const;
    void request_stop() { thread_.request_stop(); }
    // Waits for the lane to end; from the deadline on PostgreSQL is told to give up what it is
    // doing for it.
    void join(Clock::Monotonic deadline);

  private:
    void run(std::stop_token stop);
    void on_opened(std::int64_t next_offset) override;
    void on_filled(std::int64_t partition_end, std::int64_t oldest_record_time) override;
    void on_committed(const BatchDone& done) override;
    void on_retry(const Error& error, std::chrono::milliseconds wait) override;
    void on_idle(std::int64_t partition_end) override;
    void live(std::chrono::milliseconds wait = {});
    std::string label() const;

    postgres::LaneClaim claim_;
    LaneMetrics metrics_;
    std::unique_ptr<engine::RecordSource> source_;
    std::unique_ptr<engine::Decoder> decoder_;
    engine::Batch batch_;
    postgres::BatchWriter writer_;
    engine::Lane lane_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    LaneStatus status_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tidewheel::runtime
