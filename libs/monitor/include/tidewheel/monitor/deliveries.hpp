#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::monitor {

// A subscriber of a sink: what waits for it, and how it is served.
struct DeliveryStatus {
    std::string sink;
    std::string subscriber;     // empty: the sink has one only
    std::int64_t waiting = 0;   // rows
    double oldest_seconds = 0;  // age of the oldest of them
    std::int64_t delivered = 0;
    std::int64_t undelivered = 0;  // set aside
    std::string owner;             // empty: no service delivers
    std::optional<double> failing_seconds;
    std::string last_error;
};

// Of all sinks, in the order of their names. Throws DatabaseError.
std::vector<DeliveryStatus> read_deliveries(postgres::Connection& connection);

}  // namespace tidewheel::monitor
