#pragma once
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "feed_metrics.hpp"
#include "feed_plan.hpp"
#include "ownership.hpp"
#include "position.hpp"
#include "tidewheel/catalogue/change_slot.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/telemetry/health.hpp"

namespace tidewheel::changefeed {

// How a feed begins, by the position that Kafka has and the slot that PostgreSQL has.
enum class Beginning : std::uint8_t { snapshot, changes };
// Throws Error (refused) where what has changed meanwhile can't be known any more.
Beginning choose_beginning(const std::optional<Position>& position,
                           const std::optional<catalogue::SlotState>& slot, const FeedPlan& plan);

// One stream's changes, on a thread of its own, while this service is its owner. After a failure it
// begins again at what Kafka has committed.
class Feed {
  public:
    // They outlive this.
    Feed(const Settings& settings, const kafka::ClientSettings& kafka, FeedPlan plan,
         telemetry::Metrics& metrics, telemetry::Health& health);
    ~Feed();  // ends it; what is not committed is aborted

    const FeedPlan& plan() const { return plan_; }
    void end() { thread_.request_stop(); }
    // When its thread was last seen. Throws Error (setting) for what waiting can't correct.
    Clock::Monotonic look();

  private:
    void run(const std::stop_token& stop);
    void attempt(const std::stop_token& stop);
    void rest(const std::stop_token& stop);
    void failed(const Error& error);

    const Settings& settings_;
    const kafka::ClientSettings kafka_;
    const FeedPlan plan_;
    const std::string part_;  // of /readyz
    FeedMetrics metrics_;
    telemetry::Health& health_;
    Ownership ownership_;
    Retry retry_;
    std::atomic<Clock::Monotonic> seen_at_{Clock::system().now()};
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tidewheel::changefeed
