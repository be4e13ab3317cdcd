#pragma once
#include <memory>
#include <string>
#include <vector>

#include "chaos/ledger.hpp"
#include "chaos/payloads.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::chaos {

// Generates and sends records, and records the outcome of each. One thread.
class Sender {
  public:
    Sender(kafka::ClientSettings settings, std::string topic, Ledger& ledger, std::uint64_t seed);

    std::int64_t send(int partition, Kind kind);  // returns its number
    void send(int partition) { send(partition, payloads_.kind()); }
    // Waits for what was sent and settles it: acknowledged when Kafka took all of it, else
    // uncertain (false). After an error the next record goes by a new producer; none is sent twice.
    bool settle(std::chrono::seconds timeout = std::chrono::minutes(2));

  private:
    void give_up();

    kafka::ClientSettings settings_;
    std::string topic_;
    Ledger& ledger_;
    Payloads payloads_;
    std::unique_ptr<kafka::Producer> producer_;
    std::vector<std::int64_t> unsettled_;
};

}  // namespace tidewheel::chaos
