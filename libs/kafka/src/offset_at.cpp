#include "client.hpp"
#include "errors.hpp"
#include "tidewheel/kafka/partition.hpp"

namespace tidewheel::kafka {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr int look_again_milliseconds = 20;

}  // namespace

std::optional<std::int64_t> offset_at(const ClientSettings& settings, const TopicPartition& where,
                                      std::int64_t milliseconds) {
    Callbacks callbacks;
    const Client client(RD_KAFKA_CONSUMER, settings, admin_properties(), callbacks);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const PartitionList times = partition_list(where.topic, where.partition, milliseconds);
        auto code = rd_kafka_offsets_for_times(
            client.get(), times.get(),
            static_cast<int>(std::chrono::milliseconds(patience).count()));
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            code = times->elems[0].err;
        }
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const std::int64_t offset = times->elems[0].offset;
            return offset < 0 ? std::nullopt : std::optional(offset);
        }
        if (!heals_by_itself(code) || std::chrono::steady_clock::now() > deadline) {
            throw error_of(
                code, "topic " + where.topic + ", partition " + std::to_string(where.partition));
        }
        rd_kafka_poll(client.get(), look_again_milliseconds);
    }
}

}  // namespace tidewheel::kafka
