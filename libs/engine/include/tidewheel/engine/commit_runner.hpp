#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tidewheel::engine {

// Where the commits of a lane run, one at a time: beside the lane, which fills its next batch
// meanwhile. Used by the lane's thread.
class CommitRunner {
  public:
    virtual ~CommitRunner() = default;
    // Begins work, which throws nothing. The work before has ended.
    virtual void start(std::function<void()> work) = 0;
    // Whether it has ended; what it did can be seen from then on. Cheap.
    virtual bool is_done() = 0;
    // The same; waits for it, but no longer than that.
    virtual bool wait(std::chrono::milliseconds longest) = 0;
};

// A thread for them. It is idle when it goes: who started something has waited for it.
class CommitThread final : public CommitRunner {
  public:
    CommitThread();
    void start(std::function<void()> work) override;
    bool is_done() override { return !busy_.load(std::memory_order_acquire); }
    bool wait(std::chrono::milliseconds longest) override;

  private:
    void run(std::stop_token stop);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::function<void()> work_;  // guarded by the mutex
    std::atomic<bool> busy_ = false;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tidewheel::engine
