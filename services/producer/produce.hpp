#pragma once
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tidewheel/core/settings.hpp"

// Synthetic events into a topic: what `tidewheel produce STREAM` and tidewheel-producer share.
namespace tidewheel::producer {

struct ProduceOptions {
    std::string stream = "store_events";  // which generator; see known_streams()
    std::string topic{};                  // empty: the generator's own
    std::uint64_t count = 1000;           // events; 0: until stopped, which needs a rate
    double rate = 0;                      // events a second; 0: as fast as the brokers take them
    std::optional<std::uint64_t> seed{};  // unset: a random one, named in the summary
    double bad = 0, late = 0, duplicates = 0;  // percent of the events
    std::chrono::nanoseconds late_by = std::chrono::hours(6);
    // Unset: now minus span.
    std::optional<std::chrono::sys_time<std::chrono::microseconds>> start{};
    std::optional<std::chrono::nanoseconds> span{};  // unset: 24 h, or live when a rate is given
    std::string store_fqdn = "stores.tidewheel.example";  // fixed, so that a seed means the same
    std::string store_ip = "192.0.2.10";                  // bytes on every machine
    bool print = false;  // the records to `out`, a line each, and nothing to Kafka
    bool json = false;
    bool quiet = false;
};

inline constexpr auto store_events_topic = "store-events";
inline constexpr auto orders_topics = "orders-region1,orders-region2";

// The streams that have a generator.
std::vector<std::string> known_streams();

// Produces and waits for the brokers' acknowledgements. The summary goes to `out`, progress to
// standard error. A stop flushes and sums up what was sent. Returns the exit status: 0, or 5 when a
// delivery failed. Throws Error: setting (unknown stream, options that contradict each other),
// refused (no such topic), unavailable (no broker).
int run_produce(const Settings& settings, const ProduceOptions& options, std::ostream& out,
                std::stop_token stop);

}  // namespace tidewheel::producer
