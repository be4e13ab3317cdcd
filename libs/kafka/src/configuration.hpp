#pragma once
#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "handles.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

using Properties = std::vector<std::pair<std::string, std::string>>;

// The properties of each kind of client, beneath what the user sets.
Properties group_consumer_properties(const std::string& group, std::size_t fetch_bytes);
Properties reader_properties();
Properties admin_properties();
Properties asking_properties();  // for questions while another client fetches
Properties producer_properties();

// Keeps a consumer from pausing for a second whenever its queues were full (librdkafka's
// rd_kafka_version()).
std::pair<std::string, std::string> fetch_stall_cure(int version);

// The only place that builds a configuration: the brokers, `ours`, then the user's options, which
// win, save those that exactly-once rests on. Throws Error (setting) that names the property, with
// librdkafka's own words.
Conf configuration(const ClientSettings& settings, const Properties& ours);

}  // namespace tidewheel::kafka
