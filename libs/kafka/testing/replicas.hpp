#pragma once
#include <chrono>

#include "tidewheel/kafka/client.hpp"

namespace tidewheel::kafka::testing {

// The fewest in-sync replicas that any partition of any topic has; 0: one has no leader. Throws
// Error when no broker answers in time.
int in_sync_replicas(const ClientSettings& settings, std::chrono::milliseconds timeout);

}  // namespace tidewheel::kafka::testing
