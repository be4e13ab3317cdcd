#include "partition_source.hpp"

#include <algorithm>
#include <utility>

#include "ask_offset.hpp"
#include "ask_topic.hpp"
#include "errors.hpp"
#include "message.hpp"

namespace tidewheel::kafka {

namespace {

constexpr int answer_milliseconds = 1500;  // a lane that is to stop waits for it

Queue queue_of(const Client& client, const TopicPartition& where) {
    Queue queue(rd_kafka_queue_get_partition(client.get(), where.topic.c_str(), where.partition));
    if (!queue) {
        throw Error(Error::Kind::refused, "topic " + where.topic + " has no partition " +
                                              std::to_string(where.partition));
    }
    return queue;
}

// The broker, or this topic's old message format.
bool knows_no_times(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION ||
           code == RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT ||
           code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
}

}  // namespace

Queue own_queue(const Client& client, const TopicPartition& where) {
    Queue queue = queue_of(client, where);
    rd_kafka_queue_forward(queue.get(), nullptr);
    return queue;
}

PartitionSource::PartitionSource(const Client& client, const Client& asking,
                                 BrokerLiveness& connection, TopicPartition where,
                                 std::int64_t start, std::shared_ptr<ReadUpTo> read_up_to,
                                 std::optional<std::string> topic_id)
    : client_(client),
      asking_(asking),
      connection_(connection),
      where_(std::move(where)),
      topic_id_(std::move(topic_id)),
      queue_(queue_of(client, where_)),
      next_offset_(std::move(read_up_to)) {
    next_offset_->store(std::max<std::int64_t>(start, -1), std::memory_order_relaxed);
}

std::optional<engine::Record> PartitionSource::next(int wait) {
    if (broken_) {
        std::rethrow_exception(broken_);
    }
    // A call that may wait reads the clock twice as often: most records are there already.
    Message message(rd_kafka_consume_queue(queue_.get(), 0));
    if (!message && wait > 0) {
        message.reset(rd_kafka_consume_queue(queue_.get(), wait));
    }
    if (!message) {
        return std::nullopt;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        look_at(*message);
        return std::nullopt;
    }
    connection_.good();
    next_offset_->store(message->offset + 1, std::memory_order_relaxed);
    return to_record(std::move(message));
}

// An error that does not pass is kept: librdkafka continues after a damaged record set, and so
// would skip it, if next() were called again.
void PartitionSource::look_at(const rd_kafka_message_t& error) {
    if (error.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        *next_offset_ = std::max(next_offset_->load(), error.offset);  // past markers and gaps, too
        return;
    }
    const char* words = rd_kafka_message_errstr(&error);
    if (heals_by_itself(error.err)) {
        connection_.failed(in_words(where_) + ": " + words);
        return;
    }
    const std::int64_t next = *next_offset_;
    const std::int64_t offset = error.offset >= 0 ? error.offset : next;
    const std::string where = in_words(where_) + ", offset " + std::to_string(offset);
    if (means_missing_data(error.err) && offset < next) {  // read before, and fetched once more
        broken_ = std::make_exception_ptr(
            Error(Error::Kind::unavailable, where + " no longer exists since it was read"));
    } else if (means_missing_data(error.err)) {
        const Error missing = error_of(error.err, where + ": data is missing", words);
        broken_ = std::make_exception_ptr(engine::MissingData(missing.what(), missing.hint()));
    } else {
        broken_ = std::make_exception_ptr(error_of(error.err, where + " can't be read", words));
    }
    connection_.failed(where + ": " + words);
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
    return std::max(next_offset_->load(), list->elems[0].offset);
}

// `time` becomes the offset of the first record of that time or later.
rd_kafka_resp_err_t PartitionSource::ask(std::int64_t& time) const {
    return ask_offset(asking_.get(), where_.topic, where_.partition, answer_milliseconds, time);
}

void PartitionSource::require_answer(rd_kafka_resp_err_t code) const {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw error_of(code, in_words(where_) + ": cannot ask for its offsets");
    }
}

std::optional<std::int64_t> PartitionSource::first_at(std::int64_t time) {
    const auto code = ask(time);
    if (knows_no_times(code)) {
        return std::nullopt;
    }
    require_answer(code);
    return time < 0 ? std::nullopt : std::optional(time);
}

// A policy of "compact,delete" compacts as well.
engine::LogState PartitionSource::ask_log() {
    std::int64_t first = RD_KAFKA_OFFSET_BEGINNING, end = RD_KAFKA_OFFSET_END;
    require_answer(ask(first));
    require_answer(ask(end));
    const auto policy =
        ask_topic_setting(asking_.get(), where_.topic, "cleanup.policy", answer_milliseconds);
    engine::LogState state{first, end, std::nullopt};
    if (policy) {
        state.compacted = policy->find("compact") != std::string::npos;
    }
    return state;
}

}  // namespace tidewheel::kafka
