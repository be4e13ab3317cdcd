#pragma once
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "endpoints.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/telemetry/health.hpp"

namespace tidewheel::ingress {

// Reads the catalogue again when it has changed, on a thread of its own: while PostgreSQL is away,
// or hangs, what it said last still holds.
class CatalogueFollower {
  public:
    // They outlive this.
    CatalogueFollower(const Settings& settings, const Surroundings& surroundings,
                      telemetry::Health& health);

    void start();
    // Reports how PostgreSQL is. Throws Error (setting) for what waiting can't correct.
    void look();
    // nullptr: not read yet. Any thread.
    std::shared_ptr<const Endpoints> endpoints() const;

  private:
    void follow();
    void take_up();
    std::unique_ptr<postgres::Connection> connect() const;

    const Settings& settings_;
    const Surroundings& surroundings_;
    telemetry::Health& health_;
    Retry retry_;
    std::unique_ptr<postgres::Connection> database_;
    std::optional<std::int64_t> known_;  // version of the catalogue
    std::atomic<Clock::Monotonic> answered_at_{};
    mutable std::mutex mutex_;  // of what follows
    std::shared_ptr<const Endpoints> endpoints_;
    std::exception_ptr failure_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tidewheel::ingress
