#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feed_metrics.hpp"
#include "position.hpp"
#include "tidewheel/kafka/transactional_writer.hpp"

namespace tidewheel::changefeed {

// What is sent in one Kafka transaction, which begins with its first record.
class RecordBatch {
  public:
    RecordBatch(kafka::TransactionalWriter& writer, std::string topic, FeedMetrics& metrics)
        : writer_(writer), topic_(std::move(topic)), metrics_(metrics) {}

    void send(std::optional<std::string_view> key, std::optional<std::string_view> value);
    // A transaction whose last record is in the batch: how old it is will be measured.
    void note_commit_time(std::int64_t microseconds) { committed_at_.push_back(microseconds); }
    bool empty() const { return records_ == 0; }
    bool full() const { return records_ >= most_records || bytes_ >= most_bytes; }
    // Also without any record: the position alone.
    void commit(const Position& position);

  private:
    static constexpr std::size_t most_records = 10'000, most_bytes = 8u << 20;

    kafka::TransactionalWriter& writer_;
    const std::string topic_;
    FeedMetrics& metrics_;
    std::size_t records_ = 0, bytes_ = 0;
    std::vector<std::int64_t> committed_at_;
};

}  // namespace tidewheel::changefeed
