#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "source_metrics.hpp"
#include "tidewheel/catalogue/sources.hpp"
#include "tidewheel/kafka/publisher.hpp"

namespace tidewheel::source {

// The records of one source on their way to Kafka, in their order. They wait for Kafka as long as it
// takes: one that is away delays them, and loses none. One thread sends; the Kafka client's thread
// notes what has arrived.
class Outbox {
  public:
    // metrics: outlives this, and what is called back.
    Outbox(const kafka::ClientSettings& kafka, std::string topic, std::size_t most_bytes,
           SourceMetrics& metrics);
    ~Outbox();  // what has not been acknowledged is lost, and counted
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    // Waits for room, while `go_on`. False: it was not taken. came: when it arrived here.
    bool send(std::string_view value, const std::optional<std::string>& key,
              catalogue::WallTime came, const std::function<bool()>& go_on);
    // Everything that came before this is in Kafka; nullopt: nothing waits.
    std::optional<catalogue::WallTime> oldest_waiting() const;
    std::size_t waiting() const;
    std::int64_t acknowledged() const;
    // Why Kafka has refused records since it was asked last; empty: it hasn't.
    std::string refusal();
    // Waits until nothing waits any more. False: not within the time.
    bool drain(std::chrono::milliseconds time) const;
    void require_alive() const { publisher_->require_alive(); }

  private:
    struct State {
        mutable std::mutex mutex;
        std::uint64_t next = 0;
        std::map<std::uint64_t, catalogue::WallTime> waiting;
        std::int64_t acknowledged = 0;
        std::string refusal;
    };

    const std::string topic_;
    SourceMetrics& metrics_;
    const std::shared_ptr<State> state_ = std::make_shared<State>();
    std::unique_ptr<kafka::Publisher> publisher_;
};

}  // namespace tidewheel::source
