#include <utility>

#include "tidewheel/engine/commit_runner.hpp"

namespace tidewheel::engine {

CommitThread::CommitThread() : thread_([this](std::stop_token stop) { run(stop); }) {}

void CommitThread::start(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    work_ = std::move(work);
    busy_.store(true, std::memory_order_relaxed);
    changed_.notify_all();
}

bool CommitThread::wait(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, longest, [this] { return is_done(); });
}

void CommitThread::run(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return static_cast<bool>(work_); })) {
        const std::function<void()> work = std::exchange(work_, {});
        lock.unlock();
        work();
        lock.lock();
        busy_.store(false, std::memory_order_release);
        changed_.notify_all();
    }
}

}  // namespace tidewheel::engine
