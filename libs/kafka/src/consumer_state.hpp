#pragma once
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker_liveness.hpp"
#include "broker_probe.hpp"
#include "client.hpp"
#include "offset_publisher.hpp"
#include "partition_source.hpp"
#include "tidewheel/kafka/consumer.hpp"

namespace tidewheel::kafka {

// The poll thread does everything but two things: other threads call publish_offsets(), and sources
// report to connection.
struct GroupConsumer::State final : Callbacks {
    struct Assigned {
        // Keeps the partition's queue separate from the consumer's, also while no source reads it.
        Queue queue;
        std::int64_t start;
        std::shared_ptr<ReadUpTo> read_up_to;  // by its source

        std::int64_t next() const { return *read_up_to >= 0 ? read_up_to->load() : start; }
    };

    State(const ClientSettings& settings, const std::string& group, std::size_t fetch_bytes)
        : asking(RD_KAFKA_CONSUMER, settings, asking_properties(), silent),
          client(RD_KAFKA_CONSUMER, settings, group_consumer_properties(group, fetch_bytes),
                 *this) {
        rd_kafka_poll_set_consumer(client.get());  // errors and rebalances are all served by poll()
    }

    void subscribe(const std::vector<std::string>& topics);
    bool leave();
    bool has_left() const;
    void close();
    void serve(int milliseconds);
    void rethrow_failure();
    void look_at(const rd_kafka_message_t& message);
    void die();

    void on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept override;
    void on_rebalance(rd_kafka_resp_err_t code,
                      rd_kafka_topic_partition_list_t& partitions) noexcept override;
    void assign(const std::vector<TopicPartition>& partitions);
    void fetch_from(const StartOffset& start);
    void fetch_assigned();
    void revoke(const std::vector<TopicPartition>& partitions, bool lost);
    void drop_assignment(rd_kafka_resp_err_t code) noexcept;

    BrokerLiveness connection;
    BrokerProbe probe{connection};
    int assignments_dropped = 0;
    AssignmentListener* listener = nullptr;
    std::map<TopicPartition, Assigned> assigned;
    std::map<std::string, std::string> topic_failures;
    std::exception_ptr failure;  // what a callback could not throw: poll() does
    bool closed = false;
    bool closing = false;  // there is no assignment any more
    bool dead = false;     // by a fatal error
    OffsetPublisher offsets;
    // A broker answers the requests of one connection one after the other, and a fetch waits for
    // records. So what lanes ask while records are fetched goes by connections of its own.
    Callbacks silent;
    Client asking;
    Client client;  // last: its threads use what stands above until it is gone
};

}  // namespace tidewheel::kafka
