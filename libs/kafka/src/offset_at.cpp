#include "ask_again.hpp"
#include "ask_offset.hpp"
#include "client.hpp"
#include "errors.hpp"
#include "tidewheel/kafka/partition.hpp"

namespace tidewheel::kafka {

namespace {

constexpr std::chrono::seconds timeout{10};

}  // namespace

std::optional<std::int64_t> offset_at(const ClientSettings& settings, const TopicPartition& where,
                                      std::int64_t milliseconds) {
    Callbacks callbacks;
    const Client client(RD_KAFKA_CONSUMER, settings, admin_properties(), callbacks);
    for (Retry retry(ask_again(timeout));;) {
        std::int64_t offset = milliseconds;
        const auto code =
            ask_offset(client.get(), where.topic, where.partition,
                       static_cast<int>(std::chrono::milliseconds(timeout).count()), offset);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return offset < 0 ? std::nullopt : std::optional(offset);
        }
        const auto wait = heals_by_itself(code) ? retry.failed() : std::nullopt;
        if (!wait) {
            throw error_of(code, in_words(where));
        }
        rd_kafka_poll(client.get(), static_cast<int>(wait->count()));
    }
}

}  // namespace tidewheel::kafka
