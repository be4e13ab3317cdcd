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

// A consumer that is still in its group is destroyed without closing (GroupConsumer closes it when
// that is safe): its last rebalance would not be served.
inline void destroy(rd_kafka_t* client) {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

struct FreeMemberId {
    void operator()(char* id) const { rd_kafka_mem_free(nullptr, id); }
};
using MemberId = std::unique_ptr<char, FreeMemberId>;

using Conf = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using Handle = Owned<rd_kafka_t, destroy>;
using Topic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;
using Headers = Owned<rd_kafka_headers_t, rd_kafka_headers_destroy>;
using PartitionList = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using Metadata = Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using GroupList = Owned<const rd_kafka_group_list, rd_kafka_group_list_destroy>;
using ClientError = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;
using AdminOptions = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using NewPartitions = Owned<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy>;
using NewTopic = Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using ConfigResource = Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using DeleteTopic = Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;
using ConfigResource = Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
#if RD_KAFKA_VERSION >= 0x020300ff
using TopicCollection = Owned<rd_kafka_TopicCollection_t, rd_kafka_TopicCollection_destroy>;
#endif
using GroupMetadata =
    Owned<rd_kafka_consumer_group_metadata_t, rd_kafka_consumer_group_metadata_destroy>;
using DeleteRecords = Owned<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy>;

}  // namespace tidewheel::kafka
