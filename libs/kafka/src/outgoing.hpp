#pragma once
#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

#include "handles.hpp"
#include "tidewheel/kafka/producer.hpp"

namespace tidewheel::kafka {

// librdkafka takes a record as a list of tagged values, which it only reads.
using RecordFields = std::vector<rd_kafka_vu_t>;
void fill(RecordFields& fields, rd_kafka_topic_t* topic, const Outgoing& record,
          rd_kafka_headers_t* headers, void* opaque = nullptr);

Headers headers_of(const Outgoing& record);  // null: it has none

// Why a record was not delivered.
std::string failure_of(const rd_kafka_message_t& message);

}  // namespace tidewheel::kafka
