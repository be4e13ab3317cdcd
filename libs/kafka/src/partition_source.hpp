#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "broker_liveness.hpp"
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

// The offset that a source reads next, for the consumer's thread, too; -1: not known (started at
// the beginning, nothing read yet).
using ReadUpTo = std::atomic<std::int64_t>;

// Reads one assigned partition from its own queue. It and its records must be gone before the
// consumer closes, which would wait for them.
class PartitionSource final : public engine::RecordSource {
  public:
    // asking: the client for questions; it may be the same one.
    PartitionSource(const Client& client, const Client& asking, BrokerLiveness& connection,
                    TopicPartition where, std::int64_t start,
                    std::shared_ptr<ReadUpTo> read_up_to = std::make_shared<ReadUpTo>(-1),
                    std::optional<std::string> topic_id = {});

    std::optional<engine::Record> next(int wait) override;
    std::int64_t end_offset() const override;
    std::int64_t position() const override;
    engine::TopicPartition log() const override { return where_; }
    engine::LogState ask_log() override;
    std::optional<std::int64_t> first_at(std::int64_t time) override;
    std::optional<std::string> topic_id() const override { return topic_id_; }

  private:
    void look_at(const rd_kafka_message_t& error);
    rd_kafka_resp_err_t ask(std::int64_t& time) const;
    void require_answer(rd_kafka_resp_err_t code) const;

    const Client& client_;
    const Client& asking_;
    BrokerLiveness& connection_;
    TopicPartition where_;
    std::optional<std::string> topic_id_;
    Queue queue_;
    std::shared_ptr<ReadUpTo> next_offset_;
    std::exception_ptr broken_;  // what next() throws from now on
};

}  // namespace tidewheel::kafka
