#pragma once
#include <list>
#include <map>
#include <memory>
#include <optional>

#include "running_source.hpp"
#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/core/retry.hpp"
#include "tidewheel/telemetry/health.hpp"

namespace tidewheel::source {

// Follows the catalogue, claims the sources that nobody owns, renews the claims, and runs what it
// has claimed. Alone talks to PostgreSQL. One thread.
class Keeper {
  public:
    // All of it outlives this.
    Keeper(const Settings& settings, const kafka::ClientSettings& kafka,
           telemetry::Metrics& metrics, telemetry::Health& health);
    ~Keeper();  // stops what runs, and gives it to others, if PostgreSQL answers

    // To be called every half second. Throws Error (setting) for what waiting can't correct.
    void look();

  private:
    using Running = std::list<std::unique_ptr<RunningSource>>;

    void work();
    void connect();
    void read_plans();
    void leave(Running& sources, bool is_ours);
    void drop_what_changed();
    void drop_what_expired();
    void renew();
    void claim();
    bool runs(int stream) const;
    void report();

    const Settings& settings_;
    const kafka::ClientSettings& kafka_;
    telemetry::Metrics& metrics_;
    telemetry::Health& health_;
    const catalogue::Database database_;
    Retry retry_;
    std::unique_ptr<postgres::Connection> connection_;
    std::optional<std::int64_t> version_;  // of the catalogue whose plans these are
    std::map<int, Plan> plans_;            // by stream
    Clock::Monotonic claimed_at_{};
    Running running_;
};

}  // namespace tidewheel::source
