#pragma once
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <mutex>
#include <string>

namespace tidewheel::kafka {

// Whether brokers answer, and the last error. Shared by a client's threads.
class BrokerLiveness {
  public:
    void good() {
        if (!heard_.load(std::memory_order_relaxed)) {
            heard_ = true;
        }
        if (!up_.load(std::memory_order_relaxed)) {
            recovered();
        }
    }
    void failed(const std::string& text);
    void report(rd_kafka_resp_err_t code, const std::string& text);  // what an error callback says
    void silent(const std::string& text);  // no broker has answered for too long
    bool up() const { return up_; }
    bool heard() { return heard_.exchange(false); }  // since it was asked last
    std::string last_error() const;

  private:
    void recovered();

    std::atomic<bool> up_ = false, heard_ = false;
    mutable std::mutex mutex_;
    std::string last_error_;
};

}  // namespace tidewheel::kafka
