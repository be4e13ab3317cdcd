#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>

// librdkafka's C handles, owned. One table says how each is given back.
namespace tidewheel::kafka {

template <auto Release>
struct ReleaseBy {
    template <typename Handle>
    void operator()(Handle* handle) const {
        Release(handle);
    }
};

template <typename Handle, auto Release>
using Owned = std::unique_ptr<Handle, ReleaseBy<Release>>;

using Conf = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using Handle = Owned<rd_kafka_t, rd_kafka_destroy>;
using Topic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;
using Headers = Owned<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using PartitionList = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using Metadata = Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using ClientError = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;
using AdminOptions = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using NewPartitions = Owned<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy>;
using NewTopic = Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using DeleteTopic = Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;
using DeleteRecords = Owned<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy>;

}  // namespace tidewheel::kafka
