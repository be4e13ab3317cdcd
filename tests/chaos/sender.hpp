#pragma once
#include <memory>
#include <string>
#include <vector>

#include "chaos/ledger.hpp"
#include "chaos/payloads.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::chaos {

// Sends records of its own making and writes down what became of them. One thread.
class Sender {
  public:
    Sender(kafka::ClientSettings settings, std::string topic, Ledger& ledger, std::uint64_t seed);

    std::int64_t send(int partition, Kind kind);  // returns its number
    void send(int partition) { send(partition, payloads_.kind()); }
    // Waits for what was sent and settles it: acknowledged when Kafka took all of it, else
    // uncertain (false). After trouble the next record goes by a new producer; none is sent twice.
    bool settle(std::chrono::seconds patience = std::chrono::minutes(2));

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
