#pragma once
#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>

// What a broker says of a topic, on any client. Both wait for `timeout` milliseconds at most.
namespace tidewheel::kafka {

// A setting of the topic, as it is in force; nullopt: the broker doesn't answer, or not to us.
std::optional<std::string> ask_topic_setting(rd_kafka_t* client, const std::string& topic,
                                             const std::string& setting, int timeout);

// The topic's id, which tells it from others that had its name before; nullopt: librdkafka is older
// than 2.3, or the broker doesn't say.
std::optional<std::string> ask_topic_id(rd_kafka_t* client, const std::string& topic, int timeout);

}  // namespace tidewheel::kafka
