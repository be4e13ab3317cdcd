#pragma once
#include <cstddef>
#include <stop_token>
#include <string>

#include "tidewheel/catalogue/database.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/kafka/client.hpp"

namespace tidewheel::source {

struct PollResult {
    std::string stream;  // its label
    bool is_changed = false;
    std::size_t records = 0;  // that Kafka has acknowledged
};

// One poll by hand, beside the service or without it. `even_unchanged`: the body is sent even if it
// is the one that was found last. Blocks until Kafka has all of its records. Throws Error: setting,
// there is no such stream, or it is not polled; as the poll fails otherwise (then some of the
// records may be in the topic).
PollResult poll_now(const Settings& settings, const catalogue::Database& database,
                    const kafka::ClientSettings& kafka, const std::string& stream,
                    bool even_unchanged, std::stop_token stop);

}  // namespace tidewheel::source
