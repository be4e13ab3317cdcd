#pragma once
#include <atomic>
#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "chaos/ledger.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/testing/process.hpp"

namespace tidewheel::chaos {

// Records without end, from two producers: one that sends good and bad ones at a steady rate, and
// one, a process of its own, whose transactions are committed, aborted, left open for a while or
// abandoned.
class Traffic {
  public:
    Traffic(kafka::ClientSettings settings, std::string topic, Ledger& ledger, std::uint64_t seed,
            int rate);

    void set_partitions(int count) { partitions_ = static_cast<unsigned>(count); }
    void set_rate(int records_a_second) { rate_ = records_a_second; }
    int rate() const { return rate_; }
    void hang(bool on);  // the next transaction stays open meanwhile
    // Ends both in order, with no transaction left open; the ledger is complete then.
    void finish();

  private:
    void send_steadily(std::stop_token stop);
    void keep_transacting(std::stop_token stop);
    void start_transacting(std::int64_t first);

    kafka::ClientSettings settings_;
    std::string topic_;
    Ledger& ledger_;
    std::uint64_t seed_;
    std::atomic<unsigned> partitions_{4};
    std::atomic<int> rate_;
    std::mutex mutex_;  // of the process
    std::unique_ptr<testing::Process> transacting_;
    std::jthread steady_, transactional_;
};

}  // namespace tidewheel::chaos
