#pragma once
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <string>

namespace tidewheel::kafka {

// What rd_kafka_query_watermark_offsets would do, had not that of librdkafka 2.0.2 stood still for
// minutes, whatever its time-out, when the leader has just died. `offset` is
// RD_KAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_END or a time, and then the number that this is.
// Waits for `patience` milliseconds at most.
rd_kafka_resp_err_t ask_offset(rd_kafka_t* client, const std::string& topic, int partition,
                               int patience, std::int64_t& offset);

}  // namespace tidewheel::kafka
