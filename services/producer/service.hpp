#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <semaphore>
#include <stop_token>

#include "producer/delivery_counters.hpp"
#include "producer/endpoint.hpp"
#include "producer/produce.hpp"
#include "producer/report.hpp"
#include "producer/run.hpp"
#include "tidewheel/core/clock.hpp"
#include "tidewheel/core/settings.hpp"
#include "tidewheel/http/server.hpp"
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/telemetry/health.hpp"
#include "tidewheel/telemetry/metrics.hpp"

namespace tidewheel::producer {

struct ServiceOptions {
    ProduceOptions
        produce;  // count: of a request that names none; rate: in the background, 0: none
    std::chrono::nanoseconds wait_between{0};  // between two events of a request
};

// Parses the command line. Returns false when the program should end at once, with its exit status.
bool parse(int argc, char** argv, Settings& settings, ServiceOptions& options, int& status);

// tidewheel-producer: events on request, by HTTP, and steadily in the background when a rate is
// set. All its events are one sequence of one seed, so no two have the same id.
class Service {
  public:
    Service(const Settings& settings, ServiceOptions options);

    // Serves until a stop; what is under way is then cut short and answered. Throws Error: setting
    // (the address can't be listened on), refused (the brokers don't want us).
    void run(std::stop_token stop);

  private:
    void add_routes(http::Server& server, const std::stop_token& stop);
    http::Response on_request(const http::Request& request, const std::stop_token& stop);
    http::Response on_ready() const;
    Report produce_some(std::uint64_t count, const std::stop_token& stop);

    void step(const std::stop_token& stop);
    void produce_steadily(const std::stop_token& stop);
    void follow(const kafka::Deliveries& deliveries);

    const kafka::ClientSettings client_;
    const std::string listen_;
    const ServiceOptions options_;
    const std::uint64_t seed_;
    std::atomic<std::uint64_t> next_on_request_{0};
    std::uint64_t next_steady_;         // the service's own thread's
    kafka::Deliveries seen_;            // likewise: of the steady run
    Clock::Monotonic moved_{};          // likewise: when it last got an answer, or waited for none
    std::counting_semaphore<> places_;  // for requests that produce at the same time
    telemetry::Health health_;
    telemetry::Metrics metrics_;
    DeliveryCounters counters_;
};

}  // namespace tidewheel::producer
