#include "outbox.hpp"

#include "tidewheel/core/retry.hpp"

namespace tidewheel::source {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_records = 1'000'000;
// As long as librdkafka can wait, near enough.
constexpr auto delivery_time = 24h * 20;
constexpr auto look_every = 20ms;

}  // namespace

Outbox::Outbox(const kafka::ClientSettings& kafka, std::string topic, std::size_t most_bytes,
               SourceMetrics& metrics)
    : topic_(std::move(topic)),
      metrics_(metrics),
      publisher_(std::make_unique<kafka::Publisher>(
          kafka, kafka::PublisherLimits{most_records, most_bytes, delivery_time, true})) {}

Outbox::~Outbox() {
    publisher_.reset();
    metrics_.lost.add(static_cast<double>(waiting()));
}

bool Outbox::send(std::string_view value, const std::optional<std::string>& key,
                  catalogue::WallTime came, const std::function<bool()>& go_on) {
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(state_->mutex);
        number = state_->next++;
        state_->waiting.emplace(number, came);
    }
    const kafka::Outgoing record{-1, key, value, {}};
    const auto done = [state = state_, &metrics = metrics_, number,
                       size = value.size()](const kafka::Publisher::Outcome& outcome) {
        // What was given up at the end of the outbox is counted there.
        if (outcome.failed > 0 && !outcome.refused) return;
        const std::lock_guard lock(state->mutex);
        state->waiting.erase(number);
        if (outcome.failed > 0) {
            state->refusal = outcome.first_failure;
            metrics.lost.add();
            return;
        }
        ++state->acknowledged;
        metrics.records.add();
        metrics.bytes.add(static_cast<double>(size));
    };
    using Admission = kafka::Publisher::Admission;
    while (go_on()) {
        const Admission admission = publisher_->send(topic_, {&record, 1}, done);
        if (admission == Admission::taken) return true;
        wait_for({}, look_every);
    }
    const std::lock_guard lock(state_->mutex);
    state_->waiting.erase(number);
    metrics_.lost.add();
    return false;
}

std::optional<catalogue::WallTime> Outbox::oldest_waiting() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting.empty() ? std::nullopt : std::optional(state_->waiting.begin()->second);
}

std::size_t Outbox::waiting() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waiting.size();
}

std::int64_t Outbox::acknowledged() const {
    const std::lock_guard lock(state_->mutex);
    return state_->acknowledged;
}

std::string Outbox::refusal() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->refusal, {});
}

bool Outbox::drain(std::chrono::milliseconds time) const {
    const auto deadline = Clock::system().now() + time;
    while (waiting() > 0) {
        if (Clock::system().now() > deadline) return false;
        wait_for({}, look_every);
    }
    return true;
}

}  // namespace tidewheel::source
