#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tidewheel/kafka/consumer.hpp"

namespace tidewheel::kafka {

// Replaces rd_kafka_query_watermark_offsets: that of librdkafka 2.0.2 blocks for minutes, whatever
// its time-out, when the leader has just died. `offset` is RD_KAFKA_OFFSET_BEGINNING,
// RD_KAFKA_OFFSET_END or a time, and after NO_ERROR the number that this is. A partition that the
// client doesn't know yet, or a leader that moved, is looked up. Waits for `timeout` milliseconds
// at most.
rd_kafka_resp_err_t ask_offset(rd_kafka_t* client, const std::string& topic, int partition,
                               int timeout, std::int64_t& offset);

// The oldest offsets of partitions, all asked at once; those that no broker names in time are left
// out.
std::map<TopicPartition, std::int64_t> ask_first_offsets(
    rd_kafka_t* client, const std::vector<TopicPartition>& partitions, int timeout);

}  // namespace tidewheel::kafka
