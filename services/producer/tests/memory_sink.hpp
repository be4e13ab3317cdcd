#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "producer/run.hpp"
#include "tidewheel/core/error.hpp"

namespace tidewheel::producer {

// Keeps what is sent and acknowledges it at the flush; can be told to misbehave.
class MemorySink final : public Sink {
  public:
    struct Sent {
        int partition;
        std::string value;
        std::size_t topic = 0;
        bool operator==(const Sent&) const = default;
    };

    void send(const kafka::Outgoing& record, std::size_t topic) override {
        if (refuse_after && sent.size() == *refuse_after)
            throw Error(Error::Kind::unavailable, "the broker is away");
        sent.push_back({record.partition, std::string(*record.value), topic});
        ++deliveries_.sent;
        if (on_send) on_send(sent.size());
    }
    bool flush(std::chrono::milliseconds) override {
        if (on_flush) on_flush();
        if (silent) return false;
        deliveries_.delivered = deliveries_.sent - failures;
        deliveries_.failed = failures;
        if (failures > 0) deliveries_.first_failure = "timed out";
        return true;
    }
    const kafka::Deliveries& deliveries() const override { return deliveries_; }

    std::vector<Sent> sent;
    std::optional<std::size_t> refuse_after;
    std::uint64_t failures = 0;  // how many deliveries fail
    bool silent = false;         // nothing is ever acknowledged
    std::function<void(std::size_t)> on_send;
    std::function<void()> on_flush;

  private:
    kafka::Deliveries deliveries_;
};

}  // namespace tidewheel::producer
