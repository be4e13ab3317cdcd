#include <set>

#include "client.hpp"
#include "errors.hpp"
#include "tidewheel/kafka/partition.hpp"

namespace tidewheel::kafka {

namespace {

using Clock = std::chrono::steady_clock;

// One client reads many partitions into one queue.
class FirstRecords : private Callbacks {
  public:
    FirstRecords(const ClientSettings& settings,
                 const std::map<TopicPartition, std::int64_t>& offsets)
        : client_(RD_KAFKA_CONSUMER, settings, reader_properties(), *this),
          queue_(rd_kafka_queue_new(client_.get())) {
        for (const auto& [where, offset] : offsets) {
            if (!topics_.contains(where.topic)) {
                topics_.emplace(where.topic, client_.topic(where.topic));
            }
            if (rd_kafka_consume_start_queue(topics_.at(where.topic).get(), where.partition, offset,
                                             queue_.get()) == 0) {
                awaited_.insert(where);
                started_.push_back(where);
            }
        }
    }
    ~FirstRecords() override {
        for (const TopicPartition& where : started_) {
            rd_kafka_consume_stop(topics_.at(where.topic).get(), where.partition);
        }
    }
    FirstRecords(const FirstRecords&) = delete;
    FirstRecords& operator=(const FirstRecords&) = delete;

    std::map<TopicPartition, std::int64_t> read(std::chrono::milliseconds timeout) {
        const auto deadline = Clock::now() + timeout;
        while (!awaited_.empty() && Clock::now() < deadline) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
            const Message message(
                rd_kafka_consume_queue(queue_.get(), static_cast<int>(left.count()) + 1));
            if (message) {
                take(*message);
            }
        }
        return std::move(times_);
    }

  private:
    void take(const rd_kafka_message_t& message) {
        if (message.rkt == nullptr || heals_by_itself(message.err)) {
            return;
        }
        const TopicPartition where{rd_kafka_topic_name(message.rkt), message.partition};
        if (awaited_.erase(where) == 0 || message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return;  // a later record, or the partition's end: there is none
        }
        rd_kafka_timestamp_type_t kind{};
        const std::int64_t time = rd_kafka_message_timestamp(&message, &kind);
        if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) {
            times_[where] = time;
        }
    }

    Client client_;
    Queue queue_;
    std::map<std::string, Topic> topics_;
    std::vector<TopicPartition> started_;
    std::set<TopicPartition> awaited_;
    std::map<TopicPartition, std::int64_t> times_;
};

}  // namespace

std::map<TopicPartition, std::int64_t> times_at(
    const ClientSettings& settings, const std::map<TopicPartition, std::int64_t>& offsets,
    std::chrono::milliseconds timeout) {
    if (offsets.empty()) {
        return {};
    }
    return FirstRecords(settings, offsets).read(timeout);
}

}  // namespace tidewheel::kafka
