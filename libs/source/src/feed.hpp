#pragma once
#include <stop_token>

#include "plan.hpp"
#include "source_metrics.hpp"
#include "standing.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::source {

// What a feed works with. All of it outlives the feed.
struct FeedContext {
    const Plan& plan;
    const Settings& settings;
    const kafka::ClientSettings& kafka;
    Standing& standing;
    SourceMetrics& metrics;
};

// Both run until a stop is asked for, or the claim no longer holds. What fails is tried again, with
// longer and longer waits; how it stands is in the standing, and in the log.
void follow_websocket(const FeedContext& context, const std::stop_token& stop);
void poll_repeatedly(const FeedContext& context, const std::stop_token& stop);

}  // namespace tidewheel::source
