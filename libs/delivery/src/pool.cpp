#include "pool.hpp"

#include "tidewheel/core/error.hpp"

namespace tidewheel::delivery {
namespace {

void run(Job& job, const std::stop_token& stop) {
    try {
        job.result = job.destination->deliver(job.rows, stop);
    } catch (const Error& error) {
        job.result = {};
        job.result.failure = Failure{error.what(), {}, false, error.kind() == Error::Kind::setting};
    }
}

}  // namespace

Pool::Pool(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

Pool::~Pool() {
    give_up_.request_stop();
}

void Pool::start(Job job) {
    ++under_way_;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(job));
    }
    wanted_.notify_one();
}

std::vector<Job> Pool::collect() {
    const std::lock_guard lock(mutex_);
    under_way_ -= done_.size();
    return std::exchange(done_, {});
}

void Pool::wait(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, stop, time, [this] { return !done_.empty(); });
}

void Pool::give_up() {
    give_up_.request_stop();
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return done_.size() == under_way_; });
    give_up_ = {};
}

void Pool::work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (wanted_.wait(lock, stop, [this] { return !queue_.empty(); })) {
        Job job = std::move(queue_.front());
        queue_.pop_front();
        const std::stop_token given_up = give_up_.get_token();
        lock.unlock();
        run(job, given_up);
        lock.lock();
        done_.push_back(std::move(job));
        ended_.notify_all();
    }
}

}  // namespace tidewheel::delivery
