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
#include "tidewheel/kafka/client.hpp"
#include "tidewheel/service/shell.hpp"

namespace tidewheel::producer {

struct ServiceOptions {
    // count: of a request that names none; rate: in the background, 0: none.
    ProduceOptions produce;
    std::chrono::nanoseconds wait_between{0};  // between two events of a request
};

// tidewheel-producer: events on request, by HTTP, and steadily in the background when a rate is
// set. All its events are one sequence of one seed, so no two have the same id.
class Service {
  public:
    Service(const Settings& settings, ServiceOptions options);
    ~Service() { shell_.stop(); }  // a request uses all that stands below it
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Serves until a stop; what is under way is then cut short and answered. Throws Error: setting
    // (it can't listen on the address), refused (the brokers refuse the client).
    void run(std::stop_token stop);

  private:
    void add_routes(const std::stop_token& stop);
    http::Response on_request(const http::Request& request, const std::stop_token& stop);
    Report produce_some(std::uint64_t count, const std::stop_token& stop);

    void step(const std::stop_token& stop);
    void produce_steadily(const std::stop_token& stop);
    void follow(const kafka::Deliveries& deliveries);

    service::Shell shell_;
    const kafka::ClientSettings client_;
    const std::chrono::milliseconds retry_longest_;
    const ServiceOptions options_;
    const EndpointRules rules_;
    const std::uint64_t seed_;
    std::atomic<std::uint64_t> next_on_request_{0};
    std::uint64_t next_steady_;         // the service's own thread's
    kafka::Deliveries seen_;            // likewise: of the steady run
    Clock::Monotonic moved_{};          // likewise: when it last got an answer, or waited for none
    std::counting_semaphore<> places_;  // for requests that produce at the same time
    DeliveryCounters counters_;
};

}  // namespace tidewheel::producer
