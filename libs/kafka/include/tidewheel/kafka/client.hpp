#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

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

std::string librdkafka_version();

}  // namespace tidewheel::kafka
