#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "tidewheel/core/error.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/executor/batch_writer.hpp"
#include "tidewheel/registry/registries.hpp"
#include "tidewheel/runtime/dead_letter_notice.hpp"
#include "tidewheel/runtime/lane_metrics.hpp"
#include "tidewheel/runtime/running_lane.hpp"
#include "tidewheel/runtime/timed_decoder.hpp"

namespace tidewheel::runtime {

// A lane as two threads, of which one commits, with its source and decoder. It shares its service's
// sessions.
class LaneThread final : public RunningLane, engine::LaneObserver {
  public:
    // What the lanes of a service share; it outlives them.
    struct Shared {
        executor::SessionPool& sessions;
        engine::MemoryBudget& memory;
        registry::Registries& registries;
    };
    LaneThread(const Settings& settings, const std::string& program, Shared shared,
               std::size_t first_rows, const executor::StreamPlan& plan, catalogue::LaneClaim claim,
               std::unique_ptr<engine::RecordSource> source, LaneMetrics metrics);
    ~LaneThread() override;
    LaneThread(const LaneThread&) = delete;
    LaneThread& operator=(const LaneThread&) = delete;

    LaneStatus status() const override;
    void request_stop() override { thread_.request_stop(); }
    void join(Clock::Monotonic deadline) override;
    std::size_t next_rows() const override { return lane_.next_rows(was_abandoned_); }

  private:
    void run(std::stop_token stop);
    void on_opened(std::int64_t next_offset) override;
    void on_filled(std::int64_t partition_end, std::int64_t oldest_record_time) override;
    void on_committed(const BatchDone& done) override;
    void on_retry(const Error& error, std::chrono::milliseconds wait) override;
    void on_too_short(const engine::MissingData& missing, std::chrono::milliseconds wait) override;
    void on_unproven(std::int64_t offset, const engine::LogState& log) override;
    void on_idle(std::int64_t partition_end) override;
    void live(std::chrono::milliseconds wait = {});
    void forget_failure();
    void tell_of_dead_letters(std::span<const engine::Reason> more);
    bool wait_on();

    catalogue::LaneClaim claim_;
    std::string name_;  // its LaneKey as text
    LaneMetrics metrics_;
    std::unique_ptr<engine::RecordSource> source_;
    TimedDecoder decoder_;
    executor::BatchWriter writer_;
    engine::CommitThread commits_;
    engine::Lane lane_;
    mutable std::mutex mutex_;
    std::condition_variable ended_;
    LaneStatus status_;
    DeadLetterNotice dead_letters_;
    bool was_abandoned_ = false;  // its last batch took too long: for a stop, or for another owner
    std::stop_token stop_;        // the thread's own
    std::jthread thread_;         // last: it uses all of the above
};

}  // namespace tidewheel::runtime
