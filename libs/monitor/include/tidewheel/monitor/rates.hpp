#pragma once
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

#include "tidewheel/core/error.hpp"
#include "tidewheel/monitor/lag.hpp"

namespace tidewheel::monitor {

struct Observation {
    std::vector<Observed> statements;
    std::optional<Error> kafka_failure;  // why the lag is not known
};

// Reads the progress twice, a second apart; a rate is what the two differ by. A statement that was
// applied in between has none yet. Without Kafka: what PostgreSQL knows. Throws DatabaseError.
Observation observe(const kafka::ClientSettings& kafka, postgres::Connection& connection,
                    kafka::Admin& admin, const std::set<int>& only, std::stop_token stop);

}  // namespace tidewheel::monitor
