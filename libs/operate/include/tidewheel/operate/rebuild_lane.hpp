#pragma once
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "tidewheel/core/settings.hpp"
#include "tidewheel/engine/lane.hpp"
#include "tidewheel/executor/batch_writer.hpp"
#include "tidewheel/operate/bounded_source.hpp"
#include "tidewheel/operate/servers.hpp"

namespace tidewheel::operate {

using Offsets = std::map<int, std::int64_t>;  // by partition

// A partition of a view that is recomputed: a service's lane, but outside any consumer group, which
// stops and waits at a given offset. Two threads of its own.
class RebuildLane final : engine::LaneObserver {
  public:
    // `servers`, `pool` and `plan` must outlive the lane; `claim` has been claimed.
    RebuildLane(const engine::LaneLimits& limits, const Servers& servers,
                executor::SessionPool& pool, const executor::StreamPlan& plan,
                const catalogue::LaneClaim& claim);
    ~RebuildLane();
    RebuildLane(const RebuildLane&) = delete;
    RebuildLane& operator=(const RebuildLane&) = delete;

    void extend(std::int64_t end) { source_.extend(end); }
    std::int64_t end() const { return source_.end_offset(); }
    std::int64_t next_offset() const { return next_offset_; }  // stored up to here
    bool has_arrived() const { return next_offset() >= end(); }
    void check() const;           // throws what has ended the lane, if it has ended
    std::string failure() const;  // what is being tried again; empty: nothing

  private:
    void run(std::stop_token stop);
    void on_opened(std::int64_t next_offset) override { next_offset_ = next_offset; }
    void on_filled(std::int64_t, std::int64_t) override {}
    void on_committed(const BatchDone& done) override;
    void on_retry(const Error& error, std::chrono::milliseconds wait) override;
    void on_idle(std::int64_t) override {}

    BoundedSource source_;
    std::unique_ptr<engine::Decoder> decoder_;
    executor::BatchWriter writer_;
    engine::CommitThread commits_;
    engine::Lane lane_;
    std::atomic<std::int64_t> next_offset_;
    std::stop_token stop_;      // the thread's own
    mutable std::mutex mutex_;  // guards what follows
    std::exception_ptr end_;
    std::string failure_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tidewheel::operate
