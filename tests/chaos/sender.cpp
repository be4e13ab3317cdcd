#include "chaos/sender.hpp"

#include "tidewheel/core/error.hpp"

namespace tidewheel::chaos {

Sender::Sender(kafka::ClientSettings settings, std::string topic, Ledger& ledger,
               std::uint64_t seed)
    : settings_(std::move(settings)), topic_(std::move(topic)), ledger_(ledger), payloads_(seed) {}

void Sender::send(int partition, Kind kind) {
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
}

void Sender::settle() {
    if (!producer_ || unsettled_.empty()) return;
    if (!producer_->flush(std::chrono::minutes(2)) || producer_->deliveries().failed > 0)
        return give_up();
    ledger_.settle(unsettled_, Fate::acknowledged);
    unsettled_.clear();
}

void Sender::give_up() {
    producer_.reset();
    unsettled_.clear();
}

}  // namespace tidewheel::chaos
