#pragma once
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

#include "client.hpp"
#include "handles.hpp"
#include "tidewheel/core/error.hpp"
#include "tidewheel/engine/record.hpp"
#include "tidewheel/kafka/consumer.hpp"

namespace tidewheel::kafka {

// Turns a partition's queue loose from the consumer's, so that its records arrive nowhere else.
// Must happen before the partition is assigned: when fetching starts, librdkafka leaves a
// forwarding alone that the application has set.
Queue own_queue(const Client& client, const TopicPartition& where);

// Reads one assigned partition from its own queue. It and its records must be gone before the
// consumer closes, which would wait for them.
class PartitionSource final : public engine::RecordSource {
  public:
    PartitionSource(const Client& client, Connection& connection, TopicPartition where,
                    std::int64_t start);

    std::optional<engine::Record> next(int wait) override;
    std::int64_t end_offset() const override;
    std::int64_t position() const override;

  private:
    void look_at(const rd_kafka_message_t& error);
    std::string name() const;

    const Client& client_;
    Connection& connection_;
    TopicPartition where_;
    Queue queue_;
    std::int64_t next_offset_;   // -1: not known (started at the beginning, nothing read yet)
    std::exception_ptr broken_;  // what next() throws from now on
};

}  // namespace tidewheel::kafka
