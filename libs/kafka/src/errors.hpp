#pragma once
#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "tidewheel/core/error.hpp"

namespace tidewheel::kafka {

// What librdkafka's error means for us: the one table. What nobody listed is `unavailable`: safe to
// retry, never skipped.
Error::Kind kind_of(rd_kafka_resp_err_t code);

// The wanted offset is not in the topic any more (retention, deleted records) or not yet (a topic
// that was made anew).
bool means_missing_data(rd_kafka_resp_err_t code);

// One topic's trouble, of which its own lanes hear: no reason to end the others.
bool is_about_a_topic(rd_kafka_resp_err_t code);

// Trouble of the connection or of a leader that moves: librdkafka retries by itself and no record
// is skipped meanwhile.
bool heals_by_itself(rd_kafka_resp_err_t code);

// "what: librdkafka's words", with a hint where there is something that the user can do.
Error error_of(rd_kafka_resp_err_t code, const std::string& what, std::string_view detail = {});

}  // namespace tidewheel::kafka
