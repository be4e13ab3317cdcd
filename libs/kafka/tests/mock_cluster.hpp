#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <memory>

#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

// librdkafka's own stand-in for a broker, which errors can be planted in.
class MockCluster {
  public:
    MockCluster()
        : client_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0),
                  rd_kafka_destroy),
          cluster_(rd_kafka_mock_cluster_new(client_.get(), 1), rd_kafka_mock_cluster_destroy) {
        rd_kafka_mock_topic_create(cluster_.get(), "events", 1, 1);
        rd_kafka_mock_topic_create(cluster_.get(), "lost", 1, 1);
        rd_kafka_mock_partition_set_leader(cluster_.get(), "lost", 0, -1);
    }

    ClientSettings settings() const {
        ClientSettings settings;
        settings.brokers = rd_kafka_mock_cluster_bootstraps(cluster_.get());
        return settings;
    }
    void refuse_next_batch() {
        constexpr std::int16_t produce_request = 0;
        rd_kafka_mock_push_request_errors(cluster_.get(), produce_request, 1,
                                          RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    }

  private:
    std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> client_;
    std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster_;
};

}  // namespace tidewheel::kafka
