#pragma once
#include <chrono>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "tidewheel/core/progress_sink.hpp"
#include "tidewheel/kafka/admin.hpp"
#include "tidewheel/postgres/connection.hpp"

namespace tidewheel::monitor {

// The ids of the statements that the names mean: one by its own name, or all that read a stream or
// a topic. None: none were named. Throws Error (setting) for a name that means nothing.
std::set<int> named_statements(postgres::Connection& connection,
                               const std::vector<std::string>& names);

// Waits until none of the statements (none: all) is behind; paused ones are not waited for. False
// when it was stopped. Throws Error: unavailable when the time is over, or Kafka is away; refused
// when waiting is of no use, since data is missing.
bool wait_until_current(postgres::Connection& connection, kafka::Admin& admin,
                        const std::set<int>& only, std::chrono::duration<double> timeout,
                        std::stop_token stop, ProgressSink& progress);

}  // namespace tidewheel::monitor
