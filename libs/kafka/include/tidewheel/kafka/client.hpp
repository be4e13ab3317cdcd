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

// The client is dead (another process took its group.instance.id, …); librdkafka needs a new one at
// least. The program should exit and be restarted.
class FatalError : public Error {
  public:
    explicit FatalError(const std::string& what, const std::string& hint)
        : Error(Kind::unavailable, what, hint) {}
};

// Throws Error (setting) for a property that librdkafka doesn't know or whose value it refuses.
// Asks no broker.
void check(const ClientSettings& settings);

std::string librdkafka_version();

}  // namespace tidewheel::kafka
