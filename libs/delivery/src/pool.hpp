#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "tidewheel/catalogue/deliveries.hpp"
#include "tidewheel/delivery/destination.hpp"

namespace tidewheel::delivery {

struct Job {
    catalogue::DeliveryKey key;
    std::int64_t epoch = 0;
    catalogue::OutboxLane lane;
    std::int64_t redelivery = 0;  // its id; 0: none
    std::shared_ptr<Destination> destination;
    std::vector<OutboxRow> rows;
    Delivered result = {};
};

// The threads that deliver. start() and the like are for the service's own thread.
class Pool {
  public:
    explicit Pool(std::size_t threads);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    std::size_t size() const { return threads_.size(); }
    std::size_t under_way() const { return under_way_; }  // started, and not yet collected
    bool has_room() const { return under_way_ < size(); }
    void start(Job job);
    std::vector<Job> collect();  // those that have ended
    // Until a job has ended, or the time is over.
    void wait(std::chrono::milliseconds time, const std::stop_token& stop);
    // Asks all to give up, and waits for them; what they say is collect()'s, or is forgotten.
    void give_up();

  private:
    void work(const std::stop_token& stop);

    std::mutex mutex_;
    std::condition_variable_any wanted_, ended_;
    std::deque<Job> queue_;
    std::vector<Job> done_;
    std::stop_source give_up_;
    std::size_t under_way_ = 0;
    std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace tidewheel::delivery
