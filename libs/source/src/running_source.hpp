#pragma once
#include <thread>

#include "feed.hpp"

namespace tidewheel::source {

// A source that this instance owns, and the thread on which it runs.
class RunningSource {
  public:
    // What is referred to outlives it. lease_begins: before the claim was made.
    RunningSource(Plan plan, catalogue::SourceClaim claim, Clock::Monotonic lease_begins,
                  const Settings& settings, const kafka::ClientSettings& kafka,
                  telemetry::Metrics& metrics);

    const Plan& plan() const { return plan_; }
    const catalogue::SourceClaim& claim() const { return claim_; }
    const Standing& standing() const { return standing_; }
    Clock::Monotonic renewed_at() const { return renewed_at_; }
    // PostgreSQL has renewed the claim; `begins`: before it was asked.
    void renewed(Clock::Monotonic begins, const catalogue::SourceState& stored);
    // Whether the keeper should store it now: it is time, or it stands otherwise than was stored.
    bool is_due() const;

    void request_stop() { thread_.request_stop(); }
    void join() { thread_.join(); }

  private:
    void run(const std::stop_token& stop);

    const Plan plan_;
    const catalogue::SourceClaim claim_;
    const Settings& settings_;
    const kafka::ClientSettings& kafka_;
    SourceMetrics metrics_;
    Standing standing_;
    Clock::Monotonic renewed_at_;
    catalogue::SourceState stored_;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace tidewheel::source
