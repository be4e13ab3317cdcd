#include "broker_liveness.hpp"
#include "client.hpp"
#include "errors.hpp"
#include "message.hpp"
#include "partition_source.hpp"
#include "tidewheel/kafka/partition.hpp"

namespace tidewheel::kafka {

namespace {

// librdkafka's simple consumer: one partition, no group.
class PartitionReader : private Callbacks {
  public:
    PartitionReader(const ClientSettings& settings, const TopicPartition& where, std::int64_t begin)
        : client_(RD_KAFKA_CONSUMER, settings, reader_properties(), *this),
          topic_(client_.topic(where.topic)),
          partition_(where.partition) {
        if (rd_kafka_consume_start(topic_.get(), partition_, begin) != 0) {
            throw error_of(rd_kafka_last_error(), "can't read topic " + where.topic +
                                                      ", partition " +
                                                      std::to_string(where.partition));
        }
    }
    ~PartitionReader() override { rd_kafka_consume_stop(topic_.get(), partition_); }
    PartitionReader(const PartitionReader&) = delete;
    PartitionReader& operator=(const PartitionReader&) = delete;

    Message next(std::chrono::milliseconds timeout) {
        return Message(
            rd_kafka_consume(topic_.get(), partition_, static_cast<int>(timeout.count())));
    }
    std::string last_error() const { return connection_.last_error(); }
    BrokerLiveness& connection() { return connection_; }
    const Client& client() const { return client_; }

  private:
    void on_error(rd_kafka_resp_err_t code, const std::string& text) noexcept override {
        connection_.report(code, text);
    }

    BrokerLiveness connection_;
    Client client_;
    Topic topic_;
    int partition_;
};

// The reader's partition as a lane reads it.
class OpenPartition final : public engine::RecordSource {
  public:
    OpenPartition(const ClientSettings& settings, const TopicPartition& where, std::int64_t begin)
        : reader_(settings, where, begin),
          source_(reader_.client(), reader_.client(), reader_.connection(), where, begin) {}

    std::optional<engine::Record> next(int wait) override { return source_.next(wait); }
    std::int64_t end_offset() const override { return source_.end_offset(); }
    std::int64_t position() const override { return source_.position(); }
    engine::TopicPartition log() const override { return source_.log(); }
    engine::LogState ask_log() override { return source_.ask_log(); }
    std::optional<std::int64_t> first_at(std::int64_t time) override {
        return source_.first_at(time);
    }

  private:
    PartitionReader reader_;
    PartitionSource source_;
};

}  // namespace

std::unique_ptr<engine::RecordSource> open_partition(const ClientSettings& settings,
                                                     const TopicPartition& where,
                                                     std::int64_t begin) {
    return std::make_unique<OpenPartition>(settings, where, begin);
}

void read_partition(const ClientSettings& settings, const TopicPartition& where, std::int64_t begin,
                    std::int64_t end, std::chrono::milliseconds timeout,
                    const std::function<void(const engine::Record&)>& each) {
    if (begin >= end) {
        return;
    }
    const auto at = [&](std::int64_t offset) {
        return in_words(where) + ", offset " + std::to_string(offset);
    };
    PartitionReader reader(settings, where, begin);
    std::int64_t next = begin;
    auto heard = std::chrono::steady_clock::now();
    while (next < end) {
        const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - heard);
        Message message = silence < timeout ? reader.next(timeout - silence) : nullptr;
        if (!message) {
            throw Error(Error::Kind::unavailable,
                        at(next) + " did not arrive within " + std::to_string(timeout.count()) +
                            " ms; wanted up to " + std::to_string(end) +
                            (reader.last_error().empty() ? "" : ": " + reader.last_error()),
                        "A broker may be down, or an open transaction holds the records back.");
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            // After the last record there may be transaction markers and gaps of compaction.
            next = message->offset;
        } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            next = message->offset + 1;
            heard = std::chrono::steady_clock::now();
            if (message->offset < end) {
                each(to_record(std::move(message)));
            }
        } else if (!heals_by_itself(message->err)) {
            throw error_of(message->err, at(next), rd_kafka_message_errstr(message.get()));
        }
    }
}

}  // namespace tidewheel::kafka
