#pragma once
#include <memory>
#include <string>

#include "tidewheel/delivery/destination.hpp"
#include "tidewheel/kafka/transactional_writer.hpp"

namespace tidewheel::publisher {

// The rows of one lane of an outbox, in a topic. The number of the last row that was sent travels
// in the Kafka transaction of the records, so whoever opens the lane next continues behind it,
// whatever PostgreSQL has been told.
class TopicLane : public delivery::Destination {
  public:
    TopicLane(const kafka::ClientSettings& kafka, kafka::WriterIdentity identity, std::string uid,
              const delivery::Place& place);

    // A row that is too large for Kafka is a final failure; those before it are sent.
    delivery::Delivered deliver(std::span<const delivery::OutboxRow> rows,
                                std::stop_token stop) override;

  private:
    using Rows = std::span<const delivery::OutboxRow>;

    void open(const std::stop_token& stop);
    Rows without_sent(Rows rows, delivery::Delivered& done);
    void send(Rows rows, delivery::Delivered& done, const std::stop_token& stop);
    void send_some(Rows rows, const std::stop_token& stop);
    void send(const delivery::OutboxRow& row);
    void await_kafka(const std::stop_token& stop);

    const kafka::ClientSettings& kafka_;
    const kafka::WriterIdentity identity_;
    const std::string uid_;
    const std::int64_t seq_;  // what PostgreSQL knows to be sent, and its note
    const std::string note_;
    const bool is_redelivery_;
    std::unique_ptr<kafka::TransactionalWriter> writer_;
    // The last row that was sent, where PostgreSQL doesn't know it: it must still be there.
    std::optional<kafka::WrittenPosition> sent_;
    int waited_ = 0;  // seconds, for Kafka, in this call
};

}  // namespace tidewheel::publisher
