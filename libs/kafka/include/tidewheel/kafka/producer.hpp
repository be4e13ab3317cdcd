#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka {

struct Outgoing {
    int partition;  // -1: Kafka's default partitioner decides by the key
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;  // nullopt: a tombstone
    std::span<const std::pair<std::string_view, std::string_view>> headers;
    std::int64_t timestamp = 0;  // milliseconds since 1970; 0: now
};

// How many records were sent and delivered. sent == delivered + failed after flush().
struct Deliveries {
    std::uint64_t sent = 0, delivered = 0, failed = 0;
    std::string first_failure;
};

// An idempotent producer (acks=all). Bytes are copied; every delivery is accounted for. One thread
// calls it.
class Producer {
  public:
    explicit Producer(const ClientSettings& settings);
    ~Producer();  // does not wait: flush() first
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    // Queues a record; when the queue is full it waits for room, so the caller slows down and
    // nothing is lost. Throws Error (refused: too large, unknown topic or partition; unavailable: a
    // fatal error of librdkafka).
    void send(const std::string& topic, const Outgoing& record);
    // Waits until every record has been delivered or has failed; false when that took longer than
    // `timeout`.
    bool flush(std::chrono::milliseconds timeout);
    const Deliveries& deliveries() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tidewheel::kafka
