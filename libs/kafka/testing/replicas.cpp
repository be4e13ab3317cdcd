#include "replicas.hpp"

#include <algorithm>
#include <limits>

#include "client.hpp"
#include "errors.hpp"

namespace tidewheel::kafka::testing {
namespace {

int in_sync(const rd_kafka_metadata_topic_t& topic) {
    int fewest = std::numeric_limits<int>::max();
    for (int i = 0; i < topic.partition_cnt; ++i) {
        const rd_kafka_metadata_partition_t& each = topic.partitions[i];
        fewest = std::min(fewest, each.leader < 0 ? 0 : each.isr_cnt);
    }
    return fewest;
}

}  // namespace

int in_sync_replicas(const ClientSettings& settings, std::chrono::milliseconds timeout) {
    struct Nobody final : Callbacks {
    } nobody;
    const Client client(RD_KAFKA_PRODUCER, settings, {}, nobody);
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(client.get(), /*all_topics=*/1, nullptr, &answer,
                                        static_cast<int>(timeout.count()));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw error_of(code, "can't ask for all topics");
    const Metadata metadata(answer);
    int fewest = std::numeric_limits<int>::max();
    for (int i = 0; i < metadata->topic_cnt; ++i)
        fewest = std::min(fewest, in_sync(metadata->topics[i]));
    return fewest;
}

}  // namespace tidewheel::kafka::testing
