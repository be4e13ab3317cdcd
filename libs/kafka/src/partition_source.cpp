#include "partition_source.hpp"

#include <algorithm>
#include <utility>

#include "errors.hpp"
#include "record.hpp"

namespace tidewheel::kafka {

namespace {

Queue queue_of(const Client& client, const TopicPartition& where) {
    Queue queue(rd_kafka_queue_get_partition(client.get(), where.topic.c_str(), where.partition));
    if (!queue) {
        throw Error(Error::Kind::refused, "topic " + where.topic + " has no partition " +
                                              std::to_string(where.partition));
    }
    return queue;
}

}  // namespace

Queue own_queue(const Client& client, const TopicPartition& where) {
    Queue queue = queue_of(client, where);
    rd_kafka_queue_forward(queue.get(), nullptr);
    return queue;
}

PartitionSource::PartitionSource(const Client& client, Connection& connection, TopicPartition where,
                                 std::int64_t start)
    : client_(client),
      connection_(connection),
      where_(std::move(where)),
      queue_(queue_of(client, where_)),
      next_offset_(std::max<std::int64_t>(start, -1)) {}

std::optional<engine::Record> PartitionSource::next(int wait) {
    if (broken_) {
        std::rethrow_exception(broken_);
    }
    Message message(rd_kafka_consume_queue(queue_.get(), wait));
    if (!message) {
        return std::nullopt;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        look_at(*message);
        return std::nullopt;
    }
    connection_.good();
    next_offset_ = message->offset + 1;
    return to_record(std::move(message));
}

// What doesn't heal stays: librdkafka goes on behind a damaged record set, and so would skip it, if
// next() were called again.
void PartitionSource::look_at(const rd_kafka_message_t& error) {
    if (error.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        next_offset_ = std::max(next_offset_, error.offset);  // behind markers and gaps, too
        return;
    }
    const char* words = rd_kafka_message_errstr(&error);
    if (heals_by_itself(error.err)) {
        connection_.trouble(name() + ": " + words);
        return;
    }
    const std::int64_t offset = error.offset >= 0 ? error.offset : next_offset_;
    const std::string where = name() + ", offset " + std::to_string(offset);
    if (means_missing_data(error.err)) {
        const Error missing = error_of(error.err, where + ": data is missing", words);
        broken_ = std::make_exception_ptr(engine::MissingData(missing.what(), missing.hint()));
    } else {
        broken_ = std::make_exception_ptr(error_of(error.err, where + " can't be read", words));
    }
    connection_.trouble(where + ": " + words);
    std::rethrow_exception(broken_);
}

std::int64_t PartitionSource::end_offset() const {
    std::int64_t low = 0, high = -1;
    const auto code = rd_kafka_get_watermark_offsets(client_.get(), where_.topic.c_str(),
                                                     where_.partition, &low, &high);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? std::max<std::int64_t>(high, -1) : -1;
}

// librdkafka's own position counts the markers of transactions, too, which never surface as
// records: without it a topic that ends with one would show a lag of 1 for ever.
std::int64_t PartitionSource::position() const {
    const PartitionList list =
        partition_list(where_.topic, where_.partition, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_position(client_.get(), list.get());
    return std::max(next_offset_, list->elems[0].offset);
}

std::string PartitionSource::name() const {
    return "topic " + where_.topic + ", partition " + std::to_string(where_.partition);
}

}  // namespace tidewheel::kafka
