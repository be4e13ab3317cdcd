#pragma once
#include <string>
#include <vector>

#include "plan.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::source {

// What a poll is compared with, and what it leaves behind.
struct Found {
    std::string etag, hash;
};

struct Body {
    Found found;
    bool is_changed = false;
    std::string text;  // empty where it isn't
};

// Asks the source. `known`: what was found last; unchanged is what the server says is (304), and a
// body with the same SHA-256. Throws Error: unavailable, it may work next time; refused, the answer
// is of no use.
Body fetch_body(const Plan& plan, const Settings& settings, const Found& known,
                std::stop_token stop);

// The records of a body, as they stand there. Throws Error (refused) where it can't be read, or one
// is too large for Kafka: then it has none. Views into `body`.
std::vector<std::string_view> records_of(const Plan& plan, const std::string& body);

// Sends them with their keys, and waits until Kafka has all of them. Throws Error where it hasn't:
// some of them may be in the topic.
void publish(const Plan& plan, const kafka::ClientSettings& kafka,
             const std::vector<std::string_view>& records, const std::stop_token& stop);

}  // namespace tidewheel::source
