#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka::testing {

// For tests alone: Tidewheel writes no Kafka transactions, but reads topics that others write with
// them. One transaction at a time. Throws Error for whatever the brokers refuse, and after 30
// seconds.
class TransactionalProducer {
  public:
    TransactionalProducer(const ClientSettings& settings, const std::string& id);
    ~TransactionalProducer();
    TransactionalProducer(const TransactionalProducer&) = delete;
    TransactionalProducer& operator=(const TransactionalProducer&) = delete;

    void begin();
    // An empty key: none.
    void send(const std::string& topic, int partition, std::string_view value,
              std::string_view key = {});
    // Both return once the records are in the topic, and the marker after them.
    void commit();
    void abort();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::kafka::testing
