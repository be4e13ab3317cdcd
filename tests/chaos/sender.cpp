#include "chaos/sender.hpp"

#include "tidewheel/core/error.hpp"

namespace tidewheel::chaos {

Sender::Sender(kafka::ClientSettings settings, std::string topic, Ledger& ledger,
               std::uint64_t seed)
    : settings_(std::move(settings)), topic_(std::move(topic)), ledger_(ledger), payloads_(seed) {}

std::int64_t Sender::send(int partition, Kind kind) {
    const std::int64_t id = ledger_.enter(kind);
    const std::string key = std::to_string(id);
    const auto value = payloads_.value(id, kind);
    unsettled_.push_back(id);
    try {
        if (!producer_) producer_ = std::make_unique<kafka::Producer>(settings_);
        producer_->send(topic_, {partition, key, value, {}, 0});
    } catch (const Error&) {
        give_up();
    }
    return id;
}

bool Sender::settle(std::chrono::seconds timeout) {
    if (!producer_) return false;
    if (!producer_->flush(timeout) || producer_->deliveries().failed > 0) {
        give_up();
        return false;
    }
    ledger_.settle(unsettled_, Fate::acknowledged);
    unsettled_.clear();
    return true;
}

void Sender::give_up() {
    producer_.reset();
    unsettled_.clear();
}

}  // namespace tidewheel::chaos
