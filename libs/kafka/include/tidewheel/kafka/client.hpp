#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tidewheel/core/error.hpp"

namespace tidewheel::kafka {

// What every client needs: where the brokers are, and further librdkafka properties
// ("security.protocol=SASL_SSL").
struct ClientSettings {
    std::string brokers;
    std::vector<std::string> options;
    std::string client_id = "tidewheel";
    // librdkafka's log lines: syslog level (0–7), facility, text. Called from its threads. Unset:
    // dropped.
    std::function<void(int, const std::string&, const std::string&)> log;
};

// The client is dead (another process took its group.instance.id, …): librdkafka goes on with a new
// one at best. The program had better end, and be started anew.
class FatalError : public Error {
  public:
    explicit FatalError(const std::string& what, const std::string& hint)
        : Error(Kind::unavailable, what, hint) {}
};

std::string librdkafka_version();

}  // namespace tidewheel::kafka
