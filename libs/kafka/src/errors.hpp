#pragma once
#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "tidewheel/core/error.hpp"

namespace tidewheel::kafka {

// What librdkafka's error means for us: the one table. An error that is not listed is
// `unavailable`: safe to retry, never skipped.
Error::Kind kind_of(rd_kafka_resp_err_t code);

// The wanted offset is no longer in the topic (retention, deleted records) or not yet (a topic that
// was recreated).
bool means_missing_data(rd_kafka_resp_err_t code);

// An error of one topic, which its own lanes report: no reason to end the others.
bool is_about_a_topic(rd_kafka_resp_err_t code);

// An error of the connection, or of a leader that moves: librdkafka retries by itself and no record
// is skipped meanwhile.
bool heals_by_itself(rd_kafka_resp_err_t code);

// What to do about a login that was refused. Before 2.6.1 librdkafka sends its nonce twice, which
// Kafka 4 refuses as a wrong password (confluentinc/librdkafka#4895); the words name the mechanism.
std::string login_hint(int librdkafka_version, std::string_view words);

// "what: librdkafka's words", with a hint where there is something that the user can do.
Error error_of(rd_kafka_resp_err_t code, const std::string& what, std::string_view detail = {});

}  // namespace tidewheel::kafka
