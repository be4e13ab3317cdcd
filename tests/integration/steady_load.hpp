#pragma once
#include <atomic>
#include <string>
#include <thread>

#include "tidewheel/core/retry.hpp"
#include "tidewheel/kafka/producer.hpp"
#include "tidewheel/testing/deployment.hpp"
#include "tidewheel/testing/stack.hpp"

namespace tidewheel::testing {

// Sends {"n": 0, "store": "s0"}, {"n": 1, …} to a topic's partitions in turn, some thousand a
// second, until it is stopped.
class SteadyLoad {
  public:
    SteadyLoad(std::string topic, int partitions)
        : thread_([this, topic = std::move(topic), partitions](std::stop_token stop) {
              kafka::Producer producer(kafka());
              while (!stop.stop_requested()) {
                  for (int i = 0; i < 20; ++i, ++sent_) {
                      const std::string record = R"({"n": )" + std::to_string(sent_) +
                                                 R"(, "store": "s)" + std::to_string(sent_ % 7) +
                                                 "\"}";
                      producer.send(topic, {sent_ % partitions, {}, record, {}, 0});
                  }
                  wait_for(stop, std::chrono::milliseconds(10));
              }
              delivered_ =
                  producer.flush(std::chrono::seconds(30)) && producer.deliveries().failed == 0;
          }) {}

    int sent() const { return sent_; }
    // How many there are, now that no more come.
    int stop() {
        thread_.request_stop();
        thread_.join();
        if (!delivered_) throw Error(Error::Kind::unavailable, "the load was not delivered");
        return sent_;
    }

  private:
    std::atomic<int> sent_ = 0;
    bool delivered_ = false;
    std::jthread thread_;
};

}  // namespace tidewheel::testing
