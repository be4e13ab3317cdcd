#include "ask_offset.hpp"

#include "client.hpp"

namespace tidewheel::kafka {

rd_kafka_resp_err_t ask_offset(rd_kafka_t* client, const std::string& topic, int partition,
                               int patience, std::int64_t& offset) {
    const PartitionList wanted(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_t* where =
        rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), partition);
    where->offset = offset;
    const auto code = rd_kafka_offsets_for_times(client, wanted.get(), patience);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return code;
    }
    offset = where->offset;
    return where->err;
}

}  // namespace tidewheel::kafka
